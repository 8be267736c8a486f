import type { ReliabilityBin } from './report.ts'

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
