import { softmaxRows } from '../predict.ts'

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

export type ReliabilityBin = { from: number; to: number; count: number; confidence: number; accuracy: number }

/**
 * Images by the probability of their predicted class, in bins of equal width.
 * @param weights how often each image counts
 */
export function reliability(
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
  bins = 10,
  weights?: ArrayLike<number>,
): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }))
  for (let i = 0; i < truth.length; i++) {
    let best = 0
    for (let c = 1; c < classes; c++)
      if (probabilities[i * classes + c]! > probabilities[i * classes + best]!) best = c
    const confidence = probabilities[i * classes + best]!
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))]!
    const weight = weights?.[i] ?? 1
    bin.count += weight
    bin.confidence += weight * confidence
    if (best === truth[i]) bin.right += weight
  }
  return sums.map(({ count, confidence, right }, b) => ({
    from: b / bins,
    to: (b + 1) / bins,
    count,
    confidence: count > 0 ? confidence / count : 0,
    accuracy: count > 0 ? right / count : 0,
  }))
}

/** Expected calibration error (Naeini et al. 2015): mean gap between confidence and accuracy, weighted by count. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const n = bins.reduce((sum, b) => sum + b.count, 0)
  return bins.reduce((sum, b) => sum + (b.count / n) * Math.abs(b.confidence - b.accuracy), 0)
}
