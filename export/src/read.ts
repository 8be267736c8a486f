import { artifactsAsFile, isGraphModel, type ModelArtifacts } from './files/model-file.ts'
import { layersOfFile } from './layers/read.ts'
import { nodesOfFile } from './nodes/read.ts'
import type { Source } from './source.ts'

/** A model in memory, whichever kind it is. @throws ConvertError model-unreadable, model-unsupported, weights-unreadable */
export function readArtifacts(artifacts: ModelArtifacts): Source {
  const file = artifactsAsFile(artifacts)
  return isGraphModel(file) ? nodesOfFile(file) : layersOfFile(file)
}
