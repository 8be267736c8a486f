import type { Manifest } from '@detl/core/model/manifest'
import { wilson } from './intervals.ts'
import { type BinaryScores, countsAt, rocCurve } from './metrics.ts'

export type OperatingPoints = NonNullable<NonNullable<Manifest['operatingPoints']>['normal']>

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
