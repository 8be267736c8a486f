import { type ClassList, focusOf, idsOf } from '@detl/core/model/class-list'
import type { Estimate } from '@detl/core/model/manifest'
import { rngOf } from '../rng.ts'
import { isRight, type Scored } from '../scores/predictions.ts'
import { bootstrapByGroup, delong, predictiveValueIntervals, wilsonByGroup } from './intervals.ts'
import { confusionMatrix, meanRecall, weightedAuc } from './metrics.ts'
import type { ClassFigures, CounterTest, Summary } from './report.ts'

/** What every table of the report is computed from: one row an image. */
export type Row = Pick<Scored, 'truths' | 'called' | 'probabilities'> & { group: string; source: string }

export const rowOf = (s: Scored): Row => ({
  group: s.record.group,
  source: s.record.dataset,
  truths: s.truths,
  called: s.called,
  probabilities: s.probabilities,
})

const PREVALENCES = [0.01, 0.05, 0.2]

/** @param seed of the bootstrap */
export function summarise(rows: readonly Row[], list: ClassList, seed: number): Summary {
  const groups = rows.map((r) => r.group)
  return {
    n: rows.length,
    confusion: list.labelling === 'single' ? confusionOf(rows) : undefined,
    accuracy: wilsonByGroup(rows.map((r) => ({ group: r.group, right: isRight(r) }))),
    balancedAccuracy: bootstrapByGroup(groups, balancedAccuracyOf(rows, list), rngOf(seed, 'balanced')),
    classes: idsOf(list).flatMap((label, c) =>
      rows.some((r) => r.truths[c] === 1) ? [classFigures(rows, label, c, seed)] : [],
    ),
  }
}

const confusionOf = (rows: readonly Row[]): number[][] =>
  confusionMatrix(
    rows.map((r) => r.truths.indexOf(1)),
    rows.map((r) => r.called.indexOf(1)),
    rows[0]?.truths.length ?? 0,
  )

/** Mean over the classes of the share that is recognised; of a multi-label list, of those without the class too. */
export function balancedAccuracyOf(
  rows: readonly Pick<Row, 'truths' | 'called'>[],
  { classes, labelling }: ClassList,
): (weights: ArrayLike<number>) => number {
  const kinds = classes.flatMap((_, c) =>
    (labelling === 'single' ? [1] : [1, 0]).map((kind) => ({
      of: rows.map((r) => r.truths[c] === kind),
      right: rows.map((r) => r.called[c] === kind),
    })),
  )
  return meanRecall(kinds)
}

function classFigures(rows: readonly Row[], label: string, c: number, seed: number): ClassFigures {
  const of = rows.filter((r) => r.truths[c] === 1)
  const rest = rows.filter((r) => r.truths[c] !== 1)
  const sick = { right: of.filter((r) => r.called[c] === 1).length, n: of.length }
  const well = { right: rest.filter((r) => r.called[c] !== 1).length, n: rest.length }
  return {
    label,
    n: of.length,
    sensitivity: wilsonByGroup(of.map((r) => ({ group: r.group, right: r.called[c] === 1 }))),
    specificity: wilsonByGroup(rest.map((r) => ({ group: r.group, right: r.called[c] !== 1 }))),
    ...aucs(
      rows,
      (r) => r.probabilities[c]!,
      (r) => r.truths[c] === 1,
      seed,
    ),
    predictiveValues: PREVALENCES.map((prevalence) => ({
      prevalence,
      ...predictiveValueIntervals(sick, well, prevalence),
    })),
  }
}

/** DeLong's interval and the bootstrap's by group, of any score against any question. */
function aucs(
  rows: readonly Row[],
  score: (r: Row) => number,
  positive: (r: Row) => boolean,
  seed: number,
): { auc: Estimate; aucByGroup: Estimate } {
  const scores = rows.map(score)
  const kinds = rows.map(positive)
  const { variance: _, ...byDelong } = delong({ scores, positive: kinds })
  const statistic = weightedAuc({ scores, positive: kinds })
  const groups = rows.map((r) => r.group)
  return { auc: byDelong, aucByGroup: bootstrapByGroup(groups, statistic, rngOf(seed, 'auc')) }
}

/** Two classes within one source, where neither the source nor its files can tell them apart. */
export type Pair = { source: string; focus: number; against: number }

/** Of either class, for a counter-test to say anything. */
const FEWEST = 5

/**
 * The counter-tests that the images allow: in each source that has images of the class in focus, that class against the other
 * finding of which the source has most images. None where all images are of one source: there, every figure is one.
 */
export function pairsOf(rows: readonly Row[], list: ClassList): Pair[] {
  const sources = [...new Set(rows.map((r) => r.source))].sort()
  if (list.labelling === 'multi' || sources.length < 2) return []
  const focus = idsOf(list).indexOf(focusOf(list).id)
  return sources.flatMap((source) => {
    const count = (c: number) => rows.filter((r) => r.source === source && r.truths[c] === 1).length
    const others = list.classes.flatMap(({ finding }, c) => (finding && c !== focus ? [c] : []))
    const [against] = others.sort((a, b) => count(b) - count(a))
    const enough = against !== undefined && count(focus) >= FEWEST && count(against) >= FEWEST
    return enough ? [{ source, focus, against }] : []
  })
}

export const rowsOfPair = (rows: readonly Row[], { source, focus, against }: Pair): Row[] =>
  rows.filter((r) => r.source === source && (r.truths[focus] === 1 || r.truths[against] === 1))

/** The focus's part of what the two have together. */
export const shareOf =
  ({ focus, against }: Pair) =>
  (r: Row): number =>
    r.probabilities[focus]! / (r.probabilities[focus]! + r.probabilities[against]! + 1e-12)

/** The counter-test of a pair. */
export function counterTest(rows: readonly Row[], pair: Pair, list: ClassList, seed: number): CounterTest {
  const chosen = rowsOfPair(rows, pair)
  const count = (c: number) => chosen.filter((r) => r.truths[c] === 1).length
  const ids = idsOf(list)
  return {
    source: pair.source,
    focus: { label: ids[pair.focus]!, n: count(pair.focus) },
    against: { label: ids[pair.against]!, n: count(pair.against) },
    ...aucs(chosen, shareOf(pair), (r) => r.truths[pair.focus] === 1, seed),
  }
}
