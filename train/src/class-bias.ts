import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import type { LabelledImages } from './data/images.ts'
import { inverse } from './inverse.ts'
import { softmaxRows } from './softmax.ts'

/**
 * What to add to each class's logit so that, all classes counting the same, none is called too often or too seldom: the
 * biases of bias-corrected temperature scaling (Alexandari, Kundaje & Shrikumar 2020), fitted with the temperature by
 * Newton's method on the mean over classes of the negative log-likelihood, which is convex. For validation data.
 * @returns [C], of mean 0, in units of the logits; all 0 where a class does not occur
 */
export function fitClassBias(logits: Float32Array, truth: ArrayLike<number>, classes: number): number[] {
  const counts = new Float64Array(classes)
  for (let i = 0; i < truth.length; i++) counts[truth[i]!]!++
  if (counts.includes(0)) return new Array<number>(classes).fill(0)
  // θ: the inverse temperature, then the biases of classes 1 …; that of class 0 is held at 0.
  const theta = new Float64Array(classes)
  theta[0] = 1
  for (let round = 0; round < 50; round++) {
    const gradient = new Float64Array(classes)
    const hessian = new Float64Array(classes * classes)
    const shifted = logits.map((z, k) => theta[0]! * z + (k % classes > 0 ? theta[k % classes]! : 0))
    const p = softmaxRows(shifted, classes)
    for (let i = 0; i < truth.length; i++) {
      const weight = 1 / counts[truth[i]!]!
      const [z, q] = [logits, p].map((v) => v.subarray(i * classes, (i + 1) * classes)) as [
        Float32Array,
        Float32Array,
      ]
      // Columns: how each logit moves with θ.
      const column = (k: number, c: number) => (k === 0 ? z[c]! : k === c ? 1 : 0)
      const means = Array.from({ length: classes }, (_, k) =>
        q.reduce((sum, v, c) => sum + v * column(k, c), 0),
      )
      for (let k = 0; k < classes; k++) {
        gradient[k]! += weight * (means[k]! - column(k, truth[i]!))
        for (let l = 0; l < classes; l++) {
          const second = q.reduce((sum, v, c) => sum + v * column(k, c) * column(l, c), 0)
          hessian[k * classes + l]! += weight * (second - means[k]! * means[l]!)
        }
      }
    }
    // A ridge keeps classes apart that the validation part separates without a fault.
    for (let k = 0; k < classes; k++) hessian[k * classes + k]! += 1e-6
    const solved = inverse(hessian, classes)
    let largest = 0
    for (let k = 0; k < classes; k++) {
      let step = 0
      for (let l = 0; l < classes; l++) step += solved[k * classes + l]! * gradient[l]!
      step = Math.max(-1, Math.min(1, step))
      theta[k]! -= step
      largest = Math.max(largest, Math.abs(step))
    }
    theta[0] = Math.max(0.05, theta[0]!)
    if (largest < 1e-9) break
  }
  const biases = Array.from({ length: classes }, (_, c) => (c > 0 ? theta[c]! / theta[0]! : 0))
  const mean = biases.reduce((a, b) => a + b, 0) / classes
  return biases.map((b) => b - mean)
}

/**
 * Adds to the last layer's biases what `fitClassBias` finds on the validation part. A second time it finds 0.
 * @param logits of the model for the images of `validation`, [N,C]
 */
export function shiftClasses(model: tfl.LayersModel, logits: Float32Array, validation: LabelledImages): void {
  if (validation.targets) return // independent classes do not compete
  const shift = fitClassBias(logits, validation.labels, validation.classes)
  const last = model.layers.at(-1)!
  const [kernel, bias] = last.getWeights() as [tf.Tensor, tf.Tensor]
  tf.tidy(() => last.setWeights([kernel, tf.add(bias, tf.tensor1d(shift))]))
}
