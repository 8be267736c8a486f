import { LABELS } from '@detl/core/model/labels'
import type { Estimate } from '@detl/core/model/manifest'
import type { ImageRecord } from '../data/record.ts'
import { leftOutSource, type Split } from '../data/split-file.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { type Scored, scored } from '../scores/predictions.ts'
import { covidAgainstPneumonia, rowOf } from './figures.ts'
import { wilson } from './intervals.ts'
import { operatingPoints } from './operating-points.ts'
import type { LeftOutFigures } from './report.ts'

/** Undefined unless the run's protocol leaves a source out. */
export function leftOutFigures(
  split: Split,
  folds: readonly FoldPredictions[],
  records: ReadonlyMap<string, ImageRecord>,
): LeftOutFigures | undefined {
  const source = leftOutSource(split.protocol)
  if (source === undefined) return undefined
  const [covid, pneumonia] = [LABELS.indexOf('covid19'), LABELS.indexOf('pneumonia')]
  const test = scored(folds, 'test', records)
  const of = test.filter((s) => s.record.dataset === source)
  const elsewhere = test.filter((s) => s.record.dataset !== source)
  const binary = (images: readonly Scored[]) => ({
    scores: images.map((s) => s.probabilities[covid]!),
    positive: images.map((s) => s.truth === covid),
  })
  const points = operatingPoints(binary(scored(folds, 'validation', records)), binary(of))
  const count = (c: number) => of.filter((s) => s.truth === c).length
  return {
    source,
    images: {
      covid: count(covid),
      pneumonia: count(pneumonia),
      other: of.length - count(covid) - count(pneumonia),
    },
    covidRecall: recall(of, covid),
    covidAtYouden: points.balanced,
    covidAtScreening: points.screening,
    covidAgainstPneumonia:
      count(covid) > 0 && count(pneumonia) > 0
        ? covidAgainstPneumonia(of.map(rowOf), source, split.seed)
        : undefined,
    covidRecallElsewhere: recall(elsewhere, covid),
  }
}

function recall(images: readonly Scored[], label: number): Estimate {
  const of = images.filter((s) => s.truth === label)
  return wilson(of.filter((s) => s.predicted === label).length, of.length)
}
