import { rngOf, shuffled } from '../rng.ts'
import { wilsonByGroup } from './intervals.ts'
import type { BinaryScores } from './metrics.ts'
import { operatingPoints } from './operating-points.ts'
import type { OperatingPoints } from './report.ts'

/** A film with what is true of it and what the model says, [C] each. */
export type Film = { group: string; truths: readonly number[]; scores: readonly number[] }

/** Groups with a class and groups without it, below which a threshold would be that of a few patients. */
const FEWEST = 10
const FOLDS = 5

/**
 * Thresholds for a site, by class, chosen on all of its films by the rules of `operatingPoints`. What they are worth is measured on films
 * that they were not chosen on: five times, a fifth of the groups is held against thresholds of the others. Intervals are as wide as the patients make them.
 * Classes with fewer than 10 groups with or without them are left out.
 */
export function sitePoints(
  films: readonly Film[],
  labels: readonly string[],
): Record<string, OperatingPoints> {
  const groups = shuffled([...new Set(films.map((f) => f.group))].sort(), rngOf('site-points'))
  const out: Record<string, OperatingPoints> = {}
  for (const [c, label] of labels.entries()) {
    const binary = (of: readonly Film[]): BinaryScores => ({
      scores: of.map((f) => f.scores[c]!),
      positive: of.map((f) => f.truths[c] === 1),
    })
    const groupsOf = (kind: number) =>
      new Set(films.filter((f) => f.truths[c] === kind).map((f) => f.group)).size
    if (groupsOf(1) < FEWEST || groupsOf(0) < FEWEST) continue
    // Groups with the class are dealt out first, so that every part has some of either kind.
    const having = new Set(films.filter((f) => f.truths[c] === 1).map((f) => f.group))
    const dealt = [...groups.filter((g) => having.has(g)), ...groups.filter((g) => !having.has(g))]
    const foldOf = new Map(dealt.map((group, i) => [group, i % FOLDS]))
    const chosen = operatingPoints(binary(films), binary(films))
    const folds = Array.from({ length: FOLDS }, (_, k) => {
      const [rest, held] = [false, true].map((inside) =>
        films.filter((f) => (foldOf.get(f.group) === k) === inside),
      )
      return { points: operatingPoints(binary(rest!), binary(held!)), held: held! }
    })
    const measured = (name: keyof OperatingPoints): OperatingPoints['balanced'] => {
      const called = folds.flatMap(({ points, held }) =>
        held.map(({ group, truths, scores }) => {
          const [sick, above] = [truths[c] === 1, scores[c]! >= points[name].threshold]
          return { group, sick, right: sick === above }
        }),
      )
      return {
        threshold: chosen[name].threshold,
        sensitivity: wilsonByGroup(called.filter(({ sick }) => sick)),
        specificity: wilsonByGroup(called.filter(({ sick }) => !sick)),
      }
    }
    out[label] = { balanced: measured('balanced'), screening: measured('screening') }
  }
  return out
}
