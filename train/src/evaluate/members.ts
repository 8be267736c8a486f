import { LABELS } from '@detl/core/model/labels'
import type { ImageRecord } from '../data/record.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { scored } from '../scores/predictions.ts'
import { mean, sampleVariance } from '../statistics.ts'
import { accuracy, auc, balancedAccuracy, confusionMatrix } from './metrics.ts'
import type { MeanAndSd, MemberFigures } from './report.ts'

/** @param folds the members of each fold, in the same order. @returns undefined where a fold has only one */
export function memberFigures(
  folds: readonly (readonly FoldPredictions[])[],
  records: ReadonlyMap<string, ImageRecord>,
): MemberFigures | undefined {
  const members = Math.min(...folds.map((f) => f.length))
  if (members < 2) return undefined
  const covid = LABELS.indexOf('covid19')
  const each = Array.from({ length: members }, (_, m) => {
    const images = scored(
      folds.map((f) => f[m]!),
      'test',
      records,
    )
    const truth = images.map((s) => s.truth)
    const matrix = confusionMatrix(
      truth,
      images.map((s) => s.predicted),
      LABELS.length,
    )
    return {
      member: m + 1,
      accuracy: accuracy(matrix),
      balancedAccuracy: balancedAccuracy(matrix),
      covidAuc: auc({
        scores: images.map((s) => s.probabilities[covid]!),
        positive: truth.map((t) => t === covid),
      }),
    }
  })
  const over = (values: number[]): MeanAndSd => ({
    mean: mean(values),
    sd: Math.sqrt(sampleVariance(values)),
  })
  return {
    members,
    accuracy: over(each.map((e) => e.accuracy)),
    balancedAccuracy: over(each.map((e) => e.balancedAccuracy)),
    covidAuc: over(each.map((e) => e.covidAuc)),
    each,
  }
}
