import { focusOf } from '@detl/core/model/class-list'
import type { LabelledRecords } from '../data/truth.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { isRight, scored } from '../scores/predictions.ts'
import { mean, sampleVariance } from '../statistics.ts'
import { balancedAccuracyOf } from './figures.ts'
import { auc } from './metrics.ts'
import type { MeanAndSd, MemberFigures } from './report.ts'

/** @param folds the members of each fold, in the same order. @returns undefined where a fold has only one */
export function memberFigures(
  folds: readonly (readonly FoldPredictions[])[],
  records: LabelledRecords,
): MemberFigures | undefined {
  const members = Math.min(...folds.map((f) => f.length))
  if (members < 2) return undefined
  const { list, ids } = records
  const focus = ids.indexOf(focusOf(list).id)
  const each = Array.from({ length: members }, (_, m) => {
    const images = scored(
      folds.map((f) => f[m]!),
      'test',
      records,
    )
    return {
      member: m + 1,
      accuracy: images.filter(isRight).length / images.length,
      balancedAccuracy: balancedAccuracyOf(images, list)(new Float64Array(images.length).fill(1)),
      focusAuc: auc({
        scores: images.map((s) => s.probabilities[focus]!),
        positive: images.map((s) => s.truths[focus] === 1),
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
    focusAuc: over(each.map((e) => e.focusAuc)),
    each,
  }
}
