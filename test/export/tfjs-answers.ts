import { readForTfjs } from '@detl/export/files/handler'
import { readModel } from '@detl/export/read-path'
import { isGraph } from '@detl/export/source'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import type * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** What tfjs, on the backend that is set, makes of an input: every output of a saved model, in the order of the file. */
export async function tfjsOutputs(path: string, x: tf.Tensor): Promise<tf.Tensor[]> {
  const source = readModel(path)
  if (!isGraph(source)) return [(await tfl.loadLayersModel(readForTfjs(path))).predict(x)].flat()
  const names = source.outputs.map(({ from }) => `${from.node}:${from.output}`)
  return [(await loadGraphModel(readForTfjs(path))).execute({ [source.inputs[0]!.node]: x }, names)].flat()
}

/** The same, as numbers. */
export const tfjsAnswers = async (path: string, x: tf.Tensor): Promise<Float32Array[]> =>
  (await tfjsOutputs(path, x)).map((y) => y.dataSync() as Float32Array)
