import { LABELS } from '@detl/core/model/labels'
import type { Estimate } from '@detl/core/model/manifest'
import type { ImageRecord } from '../data/record.ts'
import { leftOutSource, type Split } from '../data/split.ts'
import { covidAgainstPneumonia, type Row } from './figures.ts'
import { wilson } from './intervals.ts'
import { operatingPoints } from './operating-points.ts'
import { type FoldPredictions, type Scored, scored } from './predictions.ts'

/** What a network says of a source that it was never trained on. Thresholds come from the sources it knows. */
export type LeftOutFigures = {
  source: string
  /** Images of the source, by class. */
  images: { covid: number; pneumonia: number; other: number }
  /** Share of its COVID-19 images whose most probable class is COVID-19. */
  covidRecall: Estimate
  /** At the thresholds chosen on validation images of the other sources. */
  covidAtYouden: { threshold: number; sensitivity: Estimate; specificity: Estimate }
  covidAtScreening: { threshold: number; sensitivity: Estimate; specificity: Estimate }
  /** COVID-19 against pneumonia, both of the source; undefined where it has only one of them. */
  covidAgainstPneumonia: ReturnType<typeof covidAgainstPneumonia> | undefined
  /** The same share on held-out images of the sources that it was trained on. */
  covidRecallElsewhere: Estimate
}

/** Undefined unless the run's protocol leaves a source out. */
export function leftOutFigures(
  split: Split,
  folds: readonly FoldPredictions[],
  records: ReadonlyMap<string, ImageRecord>,
  rowOf: (s: Scored) => Row,
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
