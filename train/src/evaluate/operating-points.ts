import type { LabelledRecords } from '../data/truth.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { type Scored, scored } from '../scores/predictions.ts'
import { wilsonByGroup } from './intervals.ts'
import { type BinaryScores, rocCurve } from './metrics.ts'
import type { OperatingPoints, Report } from './report.ts'

/** Scores, and whose images they are of; without groups each image is another patient's. */
export type GroupedScores = BinaryScores & { groups?: readonly string[] }

/** Screening must not miss: the threshold with the best specificity among those that reach this on validation data. */
export const SCREENING_SENSITIVITY = 0.95

/**
 * Thresholds chosen on validation data and what they give on held-out data.
 * `balanced` has the largest sensitivity + specificity − 1 (Youden 1950).
 */
export function operatingPoints(validation: BinaryScores, heldOut: GroupedScores): OperatingPoints {
  const curve = rocCurve(validation).slice(1) // the first point calls nothing positive
  const youden = curve.reduce((best, p) =>
    p.truePositiveRate - p.falsePositiveRate > best.truePositiveRate - best.falsePositiveRate ? p : best,
  )
  const screening = curve.find((p) => p.truePositiveRate >= SCREENING_SENSITIVITY)!
  const at = (threshold: number): OperatingPoints['balanced'] => {
    return {
      threshold: Math.min(1, Math.max(0, threshold)),
      ...ratesAt(heldOut, threshold),
    }
  }
  return { balanced: at(youden.threshold), screening: at(screening.threshold) }
}

/** Sensitivity and specificity at a threshold, with intervals as wide as the groups make them. */
export function ratesAt(
  { scores, positive, groups }: GroupedScores,
  threshold: number,
): Pick<OperatingPoints['balanced'], 'sensitivity' | 'specificity'> {
  const of = (kind: boolean) =>
    Array.from(scores).flatMap((score, i) =>
      positive[i] === kind ? [{ group: groups?.[i] ?? `${i}`, right: score >= threshold === kind }] : [],
    )
  return { sensitivity: wilsonByGroup(of(true)), specificity: wilsonByGroup(of(false)) }
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
    groups: s.map((r) => r.record.group),
  })
  return Object.fromEntries(
    records.ids.map((label, c) => [label, operatingPoints(binary(validation, c), binary(test, c))]),
  )
}
