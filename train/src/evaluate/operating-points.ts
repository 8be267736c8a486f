import type { LabelledRecords } from '../data/truth.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { type Scored, scored } from '../scores/predictions.ts'
import { wilson } from './intervals.ts'
import { type BinaryScores, countsAt, rocCurve } from './metrics.ts'
import type { OperatingPoints, Report } from './report.ts'

/** Screening must not miss: the threshold with the best specificity among those that reach this on validation data. */
export const SCREENING_SENSITIVITY = 0.95

/**
 * Thresholds chosen on validation data and what they give on held-out data.
 * `balanced` has the largest sensitivity + specificity − 1 (Youden 1950).
 */
export function operatingPoints(validation: BinaryScores, heldOut: BinaryScores): OperatingPoints {
  const curve = rocCurve(validation).slice(1) // the first point calls nothing positive
  const youden = curve.reduce((best, p) =>
    p.truePositiveRate - p.falsePositiveRate > best.truePositiveRate - best.falsePositiveRate ? p : best,
  )
  const screening = curve.find((p) => p.truePositiveRate >= SCREENING_SENSITIVITY)!
  const at = (threshold: number): OperatingPoints['balanced'] => {
    const c = countsAt(heldOut, threshold)
    return {
      threshold: Math.min(1, Math.max(0, threshold)),
      sensitivity: wilson(c.truePositives, c.truePositives + c.falseNegatives),
      specificity: wilson(c.trueNegatives, c.trueNegatives + c.falsePositives),
    }
  }
  return { balanced: at(youden.threshold), screening: at(screening.threshold) }
}

/** Thresholds from all validation parts together; what they give on all test folds together. */
export function pointsOf(
  folds: readonly FoldPredictions[],
  records: LabelledRecords,
): Report['operatingPoints'] {
  const validation = scored(folds, 'validation', records)
  const test = scored(folds, 'test', records)
  const binary = (s: readonly Scored[], c: number) => ({
    scores: s.map((r) => r.probabilities[c]!),
    positive: s.map((r) => r.truths[c] === 1),
  })
  return Object.fromEntries(
    records.ids.map((label, c) => [label, operatingPoints(binary(validation, c), binary(test, c))]),
  )
}
