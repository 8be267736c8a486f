import { isGraphModel } from './files/model-file.ts'
import { openModelFile } from './files/open-model-file.ts'
import type { LayersModel } from './layers/model.ts'
import { layersOfFile } from './layers/read.ts'
import { nodesOfFile } from './nodes/read.ts'
import type { Source } from './source.ts'

/**
 * Reads `model.json` (or the folder that holds it) with the weight shards beside it, whichever kind of model it is.
 * @throws ConvertError model-unreadable, model-unsupported, weights-unreadable
 * @example convert(readModel('path/to/model.json'), { cam: {} })
 */
export function readModel(path: string): Source {
  const file = openModelFile(path)
  return isGraphModel(file) ? nodesOfFile(file) : layersOfFile(file)
}

/** The same for a model of layers alone. @throws ConvertError as `readModel`; model-unsupported for a GraphModel */
export const readLayersModel = (path: string): LayersModel => layersOfFile(openModelFile(path))
