/** The part of `@detl/export` that reads and writes files, for Node. */

import { readModel as read } from '@detl/export/read-path'
import type { Source } from '@detl/export/source'

/**
 * A tfjs model from `model.json` (or the folder that holds it) with its weight shards beside it. Weights are read when they are needed.
 * @throws ConvertError model-unreadable, model-unsupported, weights-unreadable
 * @example const onnx = await convert(readModel('path/to/model.json'))
 */
export const readModel = (path: string): Source => read(path)
