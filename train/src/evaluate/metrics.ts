/** Scores of one class against the rest: `positive[i]` says what image i is. */
export type BinaryScores = { scores: ArrayLike<number>; positive: ArrayLike<boolean> }

/** rows = true class, columns = predicted class */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let i = 0; i < truth.length; i++) matrix[truth[i]!]![predicted[i]!]!++
  return matrix
}

export function accuracy(matrix: readonly (readonly number[])[]): number {
  const total = matrix.flat().reduce((a, b) => a + b, 0)
  return matrix.reduce((sum, row, c) => sum + row[c]!, 0) / total
}

/** Mean recall over the classes that occur. */
export function balancedAccuracy(matrix: readonly (readonly number[])[]): number {
  const recalls = matrix.flatMap((row, c) => {
    const n = row.reduce((a, b) => a + b, 0)
    return n > 0 ? [row[c]! / n] : []
  })
  return recalls.reduce((a, b) => a + b, 0) / recalls.length
}

/** Area under the ROC curve as the Mann–Whitney statistic; equal scores count half. NaN without both kinds. */
export function auc({ scores, positive }: BinaryScores): number {
  const ranks = midranks(scores)
  let sum = 0
  let positives = 0
  for (let i = 0; i < ranks.length; i++) {
    if (!positive[i]) continue
    sum += ranks[i]!
    positives++
  }
  const negatives = ranks.length - positives
  if (positives === 0 || negatives === 0) return Number.NaN
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** The same where image i counts `weights[i]` times: sorted once, then one pass a call, for resampling. */
export function weightedAuc({ scores, positive }: BinaryScores): (weights: ArrayLike<number>) => number {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[a]! - scores[b]!,
  )
  return (weights) => {
    let [below, negatives, positives, sum] = [0, 0, 0, 0]
    for (let start = 0; start < order.length; ) {
      const score = scores[order[start]!]
      let [tiedNegatives, tiedPositives] = [0, 0]
      for (; start < order.length && scores[order[start]!] === score; start++) {
        const i = order[start]!
        if (positive[i]) tiedPositives += weights[i]!
        else tiedNegatives += weights[i]!
      }
      sum += tiedPositives * (below + tiedNegatives / 2)
      below += tiedNegatives
      negatives += tiedNegatives
      positives += tiedPositives
    }
    return positives > 0 && negatives > 0 ? sum / (positives * negatives) : Number.NaN
  }
}

/**
 * Mean over several kinds of images of the share that is recognised, where image i counts `weights[i]` times. Kinds that do not
 * occur are passed over.
 */
export const meanRecall =
  (kinds: readonly { of: readonly boolean[]; right: readonly boolean[] }[]) =>
  (weights: ArrayLike<number>): number => {
    let [sum, present] = [0, 0]
    for (const { of, right } of kinds) {
      let [total, hit] = [0, 0]
      for (let i = 0; i < of.length; i++) {
        if (!of[i]) continue
        total += weights[i]!
        if (right[i]) hit += weights[i]!
      }
      if (total === 0) continue
      sum += hit / total
      present++
    }
    return sum / present
  }

/** Balanced accuracy where image i counts `weights[i]` times. */
export function weightedBalancedAccuracy(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): (weights: ArrayLike<number>) => number {
  return (weights) => {
    const total = new Float64Array(classes)
    const right = new Float64Array(classes)
    for (let i = 0; i < truth.length; i++) {
      total[truth[i]!]! += weights[i]!
      if (truth[i] === predicted[i]) right[truth[i]!]! += weights[i]!
    }
    let [sum, present] = [0, 0]
    for (let c = 0; c < classes; c++) {
      if (total[c] === 0) continue
      sum += right[c]! / total[c]!
      present++
    }
    return sum / present
  }
}

/** 1-based ranks; ties share their mean. */
export function midranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let k = start; k < end; k++) ranks[order[k]!] = (start + 1 + end) / 2
    start = end
  }
  return ranks
}

export type RocPoint = { threshold: number; falsePositiveRate: number; truePositiveRate: number }

/** From the strictest threshold to the laxest: positive is score ≥ threshold. One point per distinct score. */
export function rocCurve({ scores, positive }: BinaryScores): RocPoint[] {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const positives = order.reduce((n, i) => n + (positive[i] ? 1 : 0), 0)
  const negatives = order.length - positives
  const points: RocPoint[] = [
    { threshold: Number.POSITIVE_INFINITY, falsePositiveRate: 0, truePositiveRate: 0 },
  ]
  let hits = 0
  let alarms = 0
  for (const [k, i] of order.entries()) {
    if (positive[i]) hits++
    else alarms++
    const last = k === order.length - 1 || scores[order[k + 1]!] !== scores[i]
    if (last) {
      points.push({
        threshold: scores[i]!,
        falsePositiveRate: alarms / negatives,
        truePositiveRate: hits / positives,
      })
    }
  }
  return points
}

export type Counts = {
  truePositives: number
  falseNegatives: number
  trueNegatives: number
  falsePositives: number
}

export function countsAt({ scores, positive }: BinaryScores, threshold: number): Counts {
  const c: Counts = { truePositives: 0, falseNegatives: 0, trueNegatives: 0, falsePositives: 0 }
  for (let i = 0; i < scores.length; i++) {
    const called = scores[i]! >= threshold
    if (positive[i]) c[called ? 'truePositives' : 'falseNegatives']++
    else c[called ? 'falsePositives' : 'trueNegatives']++
  }
  return c
}

/** Bayes: what a positive or a negative call means where `prevalence` of those screened have the disease. */
export function predictiveValues(
  sensitivity: number,
  specificity: number,
  prevalence: number,
): { ppv: number; npv: number } {
  const hits = sensitivity * prevalence
  const alarms = (1 - specificity) * (1 - prevalence)
  const misses = (1 - sensitivity) * prevalence
  const clears = specificity * (1 - prevalence)
  return { ppv: hits / (hits + alarms), npv: clears / (clears + misses) }
}

/** Of each image Σ_c (p_c − y_c)², 0 … 2; their mean is the score of Brier 1950. */
export const brierScores = (
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
): number[] =>
  Array.from({ length: truth.length }, (_, i) => {
    let sum = 0
    for (let c = 0; c < classes; c++) sum += (probabilities[i * classes + c]! - (truth[i] === c ? 1 : 0)) ** 2
    return sum
  })
