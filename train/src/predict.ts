import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { evaluationBatches, type LabelledImages } from './data/batches.ts'
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

/** softmax(z / temperature) of each row. */
export function softmaxRows(logits: Float32Array, classes: number, temperature = 1): Float32Array {
  const out = new Float32Array(logits.length)
  for (let r = 0; r < logits.length; r += classes) {
    let max = Number.NEGATIVE_INFINITY
    for (let c = 0; c < classes; c++) max = Math.max(max, logits[r + c]!)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp((logits[r + c]! - max) / temperature)
    for (let c = 0; c < classes; c++) out[r + c] = Math.exp((logits[r + c]! - max) / temperature) / sum
  }
  return out
}

/** Index of each row's largest value; of equal ones the first. */
export function argmaxRows(values: Float32Array, classes: number): Int32Array {
  const out = new Int32Array(values.length / classes)
  for (let r = 0; r < out.length; r++) {
    for (let c = 1; c < classes; c++) {
      if (values[r * classes + c]! > values[r * classes + out[r]!]!) out[r] = c
    }
  }
  return out
}
