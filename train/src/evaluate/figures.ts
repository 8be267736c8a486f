import { LABELS, type Label } from '@detl/core/model/labels'
import type { Estimate } from '@detl/core/model/manifest'
import { rngOf } from '../rng.ts'
import type { Scored } from '../scores/predictions.ts'
import { bootstrapByGroup, delong, predictiveValueIntervals, wilson } from './intervals.ts'
import { confusionMatrix, weightedAuc, weightedBalancedAccuracy } from './metrics.ts'
import type { ClassFigures, CounterTest, Summary } from './report.ts'

/** What every table of the report is computed from: one row an image. */
export type Row = {
  group: string
  source: string
  truth: number
  predicted: number
  probabilities: readonly number[]
}

export const rowOf = (s: Scored): Row => ({
  group: s.record.group,
  source: s.record.dataset,
  truth: s.truth,
  predicted: s.predicted,
  probabilities: s.probabilities,
})

const PREVALENCES = [0.01, 0.05, 0.2]
const CLASSES = LABELS.length

/** @param seed of the bootstrap */
export function summarise(rows: readonly Row[], seed: number): Summary {
  const confusion = confusionMatrix(
    rows.map((r) => r.truth),
    rows.map((r) => r.predicted),
    CLASSES,
  )
  const right = rows.filter((r) => r.truth === r.predicted).length
  const groups = rows.map((r) => r.group)
  const balanced = weightedBalancedAccuracy(
    rows.map((r) => r.truth),
    rows.map((r) => r.predicted),
    CLASSES,
  )
  return {
    n: rows.length,
    confusion,
    accuracy: wilson(right, rows.length),
    balancedAccuracy: bootstrapByGroup(groups, balanced, rngOf(seed, 'balanced')),
    classes: LABELS.flatMap((label, c) =>
      rows.some((r) => r.truth === c) ? [classFigures(rows, label, c, seed)] : [],
    ),
  }
}

function classFigures(rows: readonly Row[], label: Label, c: number, seed: number): ClassFigures {
  const of = rows.filter((r) => r.truth === c)
  const rest = rows.filter((r) => r.truth !== c)
  const sick = { right: of.filter((r) => r.predicted === c).length, n: of.length }
  const well = { right: rest.filter((r) => r.predicted !== c).length, n: rest.length }
  return {
    label,
    n: of.length,
    sensitivity: wilson(sick.right, sick.n),
    specificity: wilson(well.right, well.n),
    ...aucs(
      rows,
      (r) => r.probabilities[c]!,
      (r) => r.truth === c,
      seed,
    ),
    predictiveValues: PREVALENCES.map((prevalence) => ({
      prevalence,
      ...predictiveValueIntervals(sick, well, prevalence),
    })),
  }
}

/** DeLong's interval and the bootstrap's by group, of any score against any question. */
export function aucs(
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

const [PNEUMONIA, COVID] = [LABELS.indexOf('pneumonia'), LABELS.indexOf('covid19')]

export const covidAgainstPneumoniaRows = (rows: readonly Row[], source: string): Row[] =>
  rows.filter((r) => r.source === source && (r.truth === PNEUMONIA || r.truth === COVID))

/** COVID-19's part of what the two have together. */
export const covidShare = (r: Row): number =>
  r.probabilities[COVID]! / (r.probabilities[COVID]! + r.probabilities[PNEUMONIA]! + 1e-12)

/** COVID against pneumonia of one source, where neither the source nor its files can tell: the counter-test. */
export function covidAgainstPneumonia(rows: readonly Row[], source: string, seed: number): CounterTest {
  const chosen = covidAgainstPneumoniaRows(rows, source)
  const { auc: byDelong, aucByGroup } = aucs(chosen, covidShare, (r) => r.truth === COVID, seed)
  const count = (c: number) => chosen.filter((r) => r.truth === c).length
  return { source, covid: count(COVID), pneumonia: count(PNEUMONIA), auc: byDelong, aucByGroup }
}
