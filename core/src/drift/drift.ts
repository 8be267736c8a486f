import type { Reference } from './reference.ts'

/**
 * `drift`: the index is 0.25 or more; `watch`: 0.1 or more; each only where chance alone would hardly give it. `few`: too few films to say.
 */
export const DRIFT_LEVELS = ['none', 'watch', 'drift', 'few'] as const
export type DriftLevel = (typeof DRIFT_LEVELS)[number]

/** How far one measure is from its reference. */
export type MeasureDrift = {
  /** Population stability index. */
  readonly psi: number
  /** What chance alone exceeds once in a thousand times, of so many films. */
  readonly chance: number
  readonly level: DriftLevel
}

/** The limits that are used for this index in scoring since Siddiqi 2006: below 0.1 stable, from 0.25 on another population. */
export const WATCH = 0.1
export const DRIFT = 0.25
/** Films below which nothing is said. */
export const FEWEST_SCREENINGS = 100

/**
 * Population stability index: Σ (a − e) · ln(a / e) over bins, a and e the shares of films now and in the reference. Half a film is added to
 * each bin, so that an empty one has a logarithm.
 */
export function stabilityIndex(expected: readonly number[], actual: readonly number[]): number {
  const total = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n + 0.5, 0)
  const [n, m] = [total(expected), total(actual)]
  return expected.reduce((sum, e, bin) => {
    const [was, is] = [(e + 0.5) / n, (actual[bin]! + 0.5) / m]
    return sum + (is - was) * Math.log(is / was)
  }, 0)
}

/**
 * The index that films of the same distribution exceed once in a thousand times: it is (1/n + 1/m) times a chi-square variable with one
 * degree of freedom less than there are bins (Yurdakul & Naranjo 2020), whose quantile is Wilson & Hilferty's.
 */
export function chanceIndex(bins: number, n: number, m: number): number {
  const freedom = Math.max(1, bins - 1)
  const z = 3.0902
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + z * Math.sqrt(spread)) ** 3 * (1 / n + 1 / m)
}

/**
 * Holds films against the reference, measure by measure.
 * @param counts by measure, in the bins of the reference
 * @param films how many films were counted
 * @example driftOf(reference, { distance: countsIn(reference.measures.distance.edges, distances) }, distances.length)
 */
export function driftOf(
  { films: n, measures }: Pick<Reference, 'films' | 'measures'>,
  counts: Readonly<Record<string, readonly number[]>>,
  films: number,
): Record<string, MeasureDrift> {
  return Object.fromEntries(
    Object.entries(measures).flatMap(([name, histogram]) => {
      const actual = counts[name]
      if (!actual) return []
      const psi = stabilityIndex(histogram.counts, actual)
      const chance = chanceIndex(histogram.counts.length, n, Math.max(1, films))
      return [[name, { psi, chance, level: levelOf(psi, chance, films) }]]
    }),
  )
}

function levelOf(psi: number, chance: number, films: number): DriftLevel {
  if (films < FEWEST_SCREENINGS) return 'few'
  if (psi < WATCH || psi <= chance) return 'none'
  return psi >= DRIFT ? 'drift' : 'watch'
}

/** The worst level of all measures. */
export const worstOf = (drift: Readonly<Record<string, MeasureDrift>>): DriftLevel => {
  const levels = Object.values(drift).map(({ level }) => level)
  return (['drift', 'watch', 'few'] as const).find((level) => levels.includes(level)) ?? 'none'
}
