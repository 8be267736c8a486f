import { focusOf } from '@detl/core/model/class-list'
import type { Estimate } from '@detl/core/model/manifest'
import { leftOutSource, type Split } from '../data/split-file.ts'
import type { LabelledRecords } from '../data/truth.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { type Scored, scored } from '../scores/predictions.ts'
import { counterTest, pairsOf, rowOf } from './figures.ts'
import { wilsonByGroup } from './intervals.ts'
import { operatingPoints } from './operating-points.ts'
import type { LeftOutFigures } from './report.ts'

/** Undefined unless the run's protocol leaves a source out. */
export function leftOutFigures(
  split: Split,
  folds: readonly FoldPredictions[],
  records: LabelledRecords,
): LeftOutFigures | undefined {
  const source = leftOutSource(split.protocol)
  if (source === undefined) return undefined
  const { list, ids } = records
  const { id } = focusOf(list)
  const focus = ids.indexOf(id)
  const test = scored(folds, 'test', records)
  const of = test.filter((s) => s.record.dataset === source)
  const elsewhere = test.filter((s) => s.record.dataset !== source)
  const binary = (images: readonly Scored[]) => ({
    scores: images.map((s) => s.probabilities[focus]!),
    positive: images.map((s) => s.truths[focus] === 1),
    groups: images.map((s) => s.record.group),
  })
  const points = operatingPoints(binary(scored(folds, 'validation', records)), binary(of))
  const rows = test.map(rowOf)
  const pair = pairsOf(rows, list).find((p) => p.source === source)
  const count = (c: number) => of.filter((s) => s.truths[c] === 1).length
  return {
    source,
    focus: id,
    images: Object.fromEntries(ids.flatMap((label, c) => (count(c) > 0 ? [[label, count(c)]] : []))),
    recall: recall(of, focus),
    atYouden: points.balanced,
    atScreening: points.screening,
    counterTest: pair && counterTest(rows, pair, list, split.seed),
    recallElsewhere: recall(elsewhere, focus),
  }
}

function recall(images: readonly Scored[], label: number): Estimate {
  const of = images.filter((s) => s.truths[label] === 1)
  return wilsonByGroup(of.map((s) => ({ group: s.record.group, right: s.called[label] === 1 })))
}
