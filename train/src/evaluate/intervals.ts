import type { Estimate } from '@detl/core/model/manifest'
import type { Rng } from '../rng.ts'
import { mean, quantile, sampleVariance } from '../statistics.ts'
import { type BinaryScores, midranks, predictiveValues } from './metrics.ts'

/** Two-sided 95 % of the standard normal. */
const Z = 1.959963984540054

/** A proportion with its 95 % score interval (Wilson 1927): good for small counts and for 0 and 1. */
export const wilson = (successes: number, n: number): Estimate => scoreInterval(successes, n, n)

/** @param worth so many independent images are the n worth */
function scoreInterval(successes: number, n: number, worth: number): Estimate {
  if (n === 0) return { value: 0, low: 0, high: 1, n: 0 }
  const p = successes / n
  const centre = (p + Z ** 2 / (2 * worth)) / (1 + Z ** 2 / worth)
  const half = (Z / (1 + Z ** 2 / worth)) * Math.sqrt((p * (1 - p)) / worth + Z ** 2 / (4 * worth ** 2))
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n }
}

/**
 * The same of images in groups (patients), which are alike: n images are worth n over the design effect (Rao & Scott 1992), and never more than n. Where
 * all are right, or none, how alike they are cannot be seen: a group is then worth one image.
 */
export function wilsonByGroup(images: readonly { right: boolean; group: string }[]): Estimate {
  const n = images.length
  const successes = images.filter(({ right }) => right).length
  const p = successes / n
  const groups = new Map<string, number>() // Σ (y − p) of each
  for (const { right, group } of images) groups.set(group, (groups.get(group) ?? 0) + (right ? 1 : 0) - p)
  const m = groups.size
  if (m < 2 || m === n || p === 0 || p === 1) return scoreInterval(successes, n, m)
  const squares = [...groups.values()].reduce((sum, r) => sum + r * r, 0)
  const effect = ((m / (m - 1)) * squares) / (n * p * (1 - p))
  return scoreInterval(successes, n, n / Math.max(1, effect))
}

/** Of those with a condition, or without it: how many were called rightly, of how many. */
export type Called = { right: number; n: number }

/**
 * Predictive values at a prevalence, with the logit intervals of Mercaldo, Lau & Zhou 2007; where a count is 0 or all,
 * their adjusted ones, with counts raised by z²/2.
 */
export function predictiveValueIntervals(
  sick: Called,
  well: Called,
  prevalence: number,
): { ppv: Estimate; npv: Estimate } {
  const plain = predictiveValues(sick.right / sick.n, well.right / well.n, prevalence)
  const extreme = [sick, well].some(({ right, n }) => right === 0 || right === n)
  const raise = extreme ? Z ** 2 : 0
  const raised = ({ right, n }: Called) => ({ share: (right + raise / 2) / (n + raise), n: n + raise })
  const [se, sp] = [raised(sick), raised(well)]
  const odds = (p: number) => p / (1 - p)
  const interval = (value: number, centre: number, variance: number): Estimate => {
    const at = (z: number) => 1 / (1 + Math.exp(-(Math.log(centre) + z * Math.sqrt(variance))))
    return { value, low: Math.min(value, at(-Z)), high: Math.max(value, at(Z)), n: sick.n + well.n }
  }
  return {
    ppv: interval(
      plain.ppv,
      (se.share / (1 - sp.share)) * odds(prevalence),
      1 / (odds(se.share) * se.n) + odds(sp.share) / sp.n,
    ),
    npv: interval(
      plain.npv,
      sp.share / (1 - se.share) / odds(prevalence),
      odds(se.share) / se.n + 1 / (odds(sp.share) * sp.n),
    ),
  }
}

/**
 * AUC with the 95 % interval of DeLong, DeLong & Clarke-Pearson 1988, by the midranks of Sun & Xu 2014.
 * Images count as independent: where groups are large, `bootstrapByGroup` is wider and truer.
 */
export function delong({ scores, positive }: BinaryScores): Estimate & { variance: number } {
  const of = (kind: boolean) => Array.from(scores).filter((_, i) => positive[i] === kind)
  const x = of(true)
  const y = of(false)
  const [m, n] = [x.length, y.length]
  if (m === 0 || n === 0) return { value: Number.NaN, low: 0, high: 1, n: m + n, variance: Number.NaN }
  const all = midranks([...x, ...y])
  const rankX = midranks(x)
  const rankY = midranks(y)
  const v10 = x.map((_, i) => (all[i]! - rankX[i]!) / n) // share of negatives below positive i
  const v01 = y.map((_, j) => 1 - (all[m + j]! - rankY[j]!) / m) // share of positives above negative j
  const value = mean(v10)
  const variance = sampleVariance(v10) / m + sampleVariance(v01) / n
  const half = Z * Math.sqrt(variance)
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half), n: m + n, variance }
}

/**
 * 95 % interval of an AUC from its value and the two counts (Newcombe 2006, part 2, method 5): the values θ whose
 * variance by Hanley & McNeil 1982, with the mean of both counts, lets the observed one be. Unlike DeLong's it does not
 * shrink to nothing at an AUC of 1, which is what few and easy positives give.
 */
export function newcombeAuc(value: number, positives: number, negatives: number): Estimate {
  const n = positives + negatives
  if (!Number.isFinite(value)) return { value, low: 0, high: 1, n }
  const half = (positives + negatives) / 2 - 1
  const deviation = (t: number) =>
    Math.sqrt((t * (1 - t) * (1 + half * ((1 - t) / (2 - t) + t / (1 + t)))) / (positives * negatives))
  /** Where |value − θ| = z · deviation(θ), between the value and the end of the scale. */
  const bound = (end: 0 | 1): number => {
    let [inside, outside] = [value, end as number]
    for (let i = 0; i < 60; i++) {
      const t = (inside + outside) / 2
      if (Math.abs(value - t) <= Z * deviation(t)) inside = t
      else outside = t
    }
    return inside
  }
  return { value, low: bound(0), high: bound(1), n }
}

/**
 * 95 % percentile interval of any statistic, resampling whole groups: images of one patient are not independent.
 * @param groups of each image
 * @param statistic of how often each image counts; resamples in which it is not a number are passed over
 */
export function bootstrapByGroup(
  groups: readonly string[],
  statistic: (weights: ArrayLike<number>) => number,
  rng: Rng,
  resamples = 1000,
): Estimate {
  const values = resampledByGroup(groups, statistic, rng, resamples)
  const value = statistic(new Float64Array(groups.length).fill(1))
  return { value, low: quantile(values, 0.025), high: quantile(values, 0.975), n: groups.length }
}

/** The statistic in each resample of whole groups, sorted. */
export function resampledByGroup(
  groups: readonly string[],
  statistic: (weights: ArrayLike<number>) => number,
  rng: Rng,
  resamples = 1000,
): number[] {
  const places = new Map<string, number>()
  for (const g of groups) if (!places.has(g)) places.set(g, places.size)
  const place = Uint32Array.from(groups, (g) => places.get(g)!)
  const drawn = new Float64Array(places.size)
  const weights = new Float64Array(groups.length)
  const values: number[] = []
  for (let r = 0; r < resamples; r++) {
    drawn.fill(0)
    for (let g = 0; g < drawn.length; g++) drawn[Math.floor(rng() * drawn.length)]!++
    for (let i = 0; i < weights.length; i++) weights[i] = drawn[place[i]!]!
    const value = statistic(weights)
    if (Number.isFinite(value)) values.push(value)
  }
  return values.sort((a, b) => a - b)
}

/** Mean where value i counts `weights[i]` times; what is not a number does not count. */
export const weightedMean =
  (values: readonly number[]) =>
  (weights: ArrayLike<number>): number => {
    let [sum, total] = [0, 0]
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) continue
      sum += weights[i]! * values[i]!
      total += weights[i]!
    }
    return sum / total
  }
