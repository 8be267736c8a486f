import { type ClassList, focusOf, idsOf } from '@detl/core/model/class-list'
import type { Estimate } from '@detl/core/model/manifest'
import { ageBand } from '../data/record.ts'
import { rngOf } from '../rng.ts'
import { isRight, type Scored } from '../scores/predictions.ts'
import { bootstrapByGroup, wilsonByGroup } from './intervals.ts'
import { weightedAuc } from './metrics.ts'
import type { SubgroupFigures } from './report.ts'

/** Per source, view, sex and age band. */
export function subgroups(test: readonly Scored[], list: ClassList, seed: number): SubgroupFigures[] {
  const by: Record<string, (s: Scored) => string> = {
    source: (s) => s.record.dataset,
    view: (s) => s.record.view,
    sex: (s) => s.record.sex ?? 'unknown',
    age: (s) => ageBand(s.record.age),
  }
  return Object.entries(by).flatMap(([name, key]) =>
    [...new Set(test.map(key))].sort().map((value) => {
      const of = test.filter((s) => key(s) === value)
      return {
        by: name,
        value,
        n: of.length,
        accuracy: wilsonByGroup(of.map((s) => ({ group: s.record.group, right: isRight(s) }))),
        focusAuc: focusAuc(of, list, rngOf(seed, 'subgroup', name, value)),
      }
    }),
  )
}

function focusAuc(images: readonly Scored[], list: ClassList, rng: () => number): Estimate | undefined {
  const focus = idsOf(list).indexOf(focusOf(list).id)
  const positive = images.map((s) => s.truths[focus] === 1)
  if (!positive.includes(true) || !positive.includes(false)) return undefined
  const scores = images.map((s) => s.probabilities[focus]!)
  return bootstrapByGroup(
    images.map((s) => s.record.group),
    weightedAuc({ scores, positive }),
    rng,
  )
}
