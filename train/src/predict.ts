import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { evaluationBatches } from './data/batches.ts'
import type { LabelledImages } from './data/images.ts'
import { logitsOf } from './model/trunk.ts'

/** @returns logits, [N,C] row by row, in the order of the set */
export async function predictLogits(
  model: tfl.LayersModel,
  set: LabelledImages,
  batchSize: number,
): Promise<Float32Array> {
  const classes = model.outputs[0]!.shape[1] as number
  const out = new Float32Array(set.labels.length * classes)
  let at = 0
  for (const batch of evaluationBatches(set, batchSize)) {
    const logits = tf.tidy(() => logitsOf(model, tf.tensor4d(batch.x, [batchSize, set.size, set.size, 1])))
    const values = (await logits.data()) as Float32Array
    logits.dispose()
    out.set(values.subarray(0, batch.count * classes), at)
    at += batch.count * classes
  }
  return out
}
