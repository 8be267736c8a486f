import { readForTfjs } from '@detl/export/files/handler'
import { readModel } from '@detl/export/read-path'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import type * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** What tfjs, on the backend that is set, makes of an input: every output of a saved model, in the order of the file. */
export async function tfjsAnswers(path: string, x: tf.Tensor): Promise<Float32Array[]> {
  const source = readModel(path)
  const run = async () => {
    if (!('nodes' in source)) return (await tfl.loadLayersModel(readForTfjs(path))).predict(x)
    const names = source.outputs.map(({ from }) => `${from.node}:${from.output}`)
    return (await loadGraphModel(readForTfjs(path))).execute({ [source.inputs[0]!.node]: x }, names)
  }
  return [await run()].flat().map((y) => y.dataSync() as Float32Array)
}
