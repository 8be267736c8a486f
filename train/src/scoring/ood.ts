import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { evaluationBatches } from '../data/batches.ts'
import type { LabelledImages } from '../data/images.ts'
import { inverse } from '../inverse.ts'
import { lastHiddenOf, outputOf } from '../model/trunk.ts'
import { quantile } from '../statistics.ts'

/** Squared Mahalanobis distance in the last hidden layer (Lee et al. 2018, with one Gaussian for all classes). */
export type OutOfDistribution = {
  /** [D] */
  mean: number[]
  /** [D,D], row by row */
  precision: number[]
  /** Exceeded by one in a hundred validation images. */
  threshold: number
}

const THRESHOLD_QUANTILE = 0.99
/** Share of the mean variance that is added to the diagonal: units that never fire would make the matrix singular. */
const SHRINKAGE = 0.05

/** @returns [N,D], activations of the last hidden layer after ReLU, row by row */
export async function hiddenActivations(
  model: tfl.LayersModel,
  set: LabelledImages,
  batchSize: number,
): Promise<{ values: Float32Array; dimensions: number }> {
  const layer = lastHiddenOf(model)
  const dimensions = layer.outputShape.at(-1) as number
  const values = new Float32Array(set.labels.length * dimensions)
  let at = 0
  for (const batch of evaluationBatches(set, batchSize)) {
    const hidden = tf.tidy(() =>
      outputOf(model, layer.name, tf.tensor4d(batch.x, [batchSize, set.size, set.size, 1])),
    )
    values.set((await hidden.data()).subarray(0, batch.count * dimensions) as Float32Array, at)
    hidden.dispose()
    at += batch.count * dimensions
  }
  return { values, dimensions }
}

/** @param training, validation [N,D] */
export function fitOutOfDistribution(
  training: Float32Array,
  validation: Float32Array,
  dimensions: number,
): OutOfDistribution {
  const D = dimensions
  const n = training.length / D
  const mean = Array.from({ length: D }, (_, d) => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += training[i * D + d]!
    return sum / n
  })
  const covariance = new Float64Array(D * D)
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < D; a++) {
      const da = training[i * D + a]! - mean[a]!
      for (let b = a; b < D; b++) covariance[a * D + b]! += (da * (training[i * D + b]! - mean[b]!)) / (n - 1)
    }
  }
  let trace = 0
  for (let a = 0; a < D; a++) {
    trace += covariance[a * D + a]!
    for (let b = 0; b < a; b++) covariance[a * D + b] = covariance[b * D + a]!
  }
  for (let a = 0; a < D; a++) covariance[a * D + a]! += (SHRINKAGE * trace) / D
  const precision = [...inverse(covariance, D)]
  const scores = distances(validation, { mean, precision }).sort()
  return { mean, precision, threshold: quantile(scores, THRESHOLD_QUANTILE) }
}

/** @returns one squared distance an image */
export function distances(
  values: Float32Array,
  { mean, precision }: Pick<OutOfDistribution, 'mean' | 'precision'>,
): Float64Array {
  const D = mean.length
  const centred = new Float64Array(D)
  return Float64Array.from({ length: values.length / D }, (_, i) => {
    for (let d = 0; d < D; d++) centred[d] = values[i * D + d]! - mean[d]!
    let sum = 0
    for (let a = 0; a < D; a++) {
      let row = 0
      for (let b = 0; b < D; b++) row += precision[a * D + b]! * centred[b]!
      sum += centred[a]! * row
    }
    return sum
  })
}
