import { softmaxRows } from '../predict.ts'
import { inverse } from './inverse.ts'

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
