import type { ClassList } from '@detl/core/model/class-list'
import type { Selective } from '@detl/core/model/manifest'
import { rngOf, shuffled } from '../rng.ts'
import { calledOf } from '../scores/predictions.ts'
import { balancedAccuracyOf } from './figures.ts'
import { bootstrapByGroup } from './intervals.ts'
import { COVERAGE, confidenceOf, thresholdFor, worth } from './selective.ts'

const FOLDS = 5

/**
 * From where on a model is sure enough for a site's films: what the usual share of them reaches. What it is worth there is measured five times, on a
 * fifth of the groups with the threshold of the others.
 * @param films with calibrated probabilities, [C]
 * @returns undefined of a multi-label list
 */
export function siteSelective(
  films: readonly { group: string; truths: readonly number[]; probabilities: readonly number[] }[],
  list: ClassList,
): Selective | undefined {
  if (list.labelling !== 'single') return undefined
  const rows = films.map(({ group, truths, probabilities }) => ({
    group,
    truths,
    probabilities: [...probabilities],
    called: calledOf(probabilities, list),
  }))
  const groups = shuffled([...new Set(rows.map((r) => r.group))].sort(), rngOf('site-selective'))
  const foldOf = new Map(groups.map((group, i) => [group, i % FOLDS]))
  const thresholds = Array.from({ length: FOLDS }, (_, k) =>
    thresholdFor(
      rows.filter((r) => foldOf.get(r.group) !== k),
      COVERAGE,
    ),
  )
  const decided = rows.map((r) => confidenceOf(r) >= thresholds[foldOf.get(r.group)!]!)
  const { answered, balancedAccuracy } = worth(rows, decided, list, 0)
  const all = bootstrapByGroup(
    rows.map((r) => r.group),
    balancedAccuracyOf(rows, list),
    rngOf(0, 'selective'),
  )
  return {
    coverage: COVERAGE,
    threshold: thresholdFor(rows, COVERAGE),
    answered,
    balancedAccuracy: { all, answered: balancedAccuracy },
  }
}
