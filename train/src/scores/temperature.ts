import type { ClassList } from '@detl/core/model/class-list'
import { softmaxRows } from '../softmax.ts'

/** Mean −log p of the true class. */
export function negativeLogLikelihood(
  logits: Float32Array,
  truth: ArrayLike<number>,
  classes: number,
  temperature: number,
): number {
  const p = softmaxRows(logits, classes, temperature)
  let sum = 0
  for (let i = 0; i < truth.length; i++) sum -= Math.log(Math.max(1e-12, p[i * classes + truth[i]!]!))
  return sum / truth.length
}

/** The temperature of a part's scores: of independent classes, that of all of them together. @param logits [N,C] */
export function temperatureOf(
  logits: readonly (readonly number[])[],
  truths: readonly (readonly number[])[],
  { labelling, classes }: ClassList,
): number {
  if (labelling === 'single')
    return fitTemperature(
      Float32Array.from(logits.flat()),
      truths.map((t) => t.indexOf(1)),
      classes.length,
    )
  // sigmoid(z) is the softmax of 0 and z
  const pairs = logits.flatMap((row) => row.flatMap((z) => [0, z]))
  return fitTemperature(Float32Array.from(pairs), truths.flat(), 2)
}

/**
 * The temperature that minimises the negative log-likelihood (Guo et al. 2017), by golden section on its logarithm.
 * For validation data: fitted on test data it would flatter the calibration.
 */
export function fitTemperature(logits: Float32Array, truth: ArrayLike<number>, classes: number): number {
  const loss = (logT: number) => negativeLogLikelihood(logits, truth, classes, Math.exp(logT))
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [Math.log(0.1), Math.log(10)]
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)]
  let [lossA, lossB] = [loss(a), loss(b)]
  while (high - low > 1e-4) {
    if (lossA < lossB) {
      ;[high, b, lossB] = [b, a, lossA]
      a = high - ratio * (high - low)
      lossA = loss(a)
    } else {
      ;[low, a, lossA] = [a, b, lossB]
      b = low + ratio * (high - low)
      lossB = loss(b)
    }
  }
  return Math.exp((low + high) / 2)
}
