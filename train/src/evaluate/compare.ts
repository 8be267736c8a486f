import { focusOf } from '@detl/core/model/class-list'
import { classNameIn } from '@detl/core/model/classes'
import type { LabelledRecords } from '../data/truth.ts'
import { rngOf } from '../rng.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { type Scored, scored } from '../scores/predictions.ts'
import { balancedAccuracyOf } from './figures.ts'
import { bootstrapByGroup } from './intervals.ts'
import { weightedAuc } from './metrics.ts'
import type { Comparison, Difference } from './report.ts'

type Statistic = (weights: ArrayLike<number>) => number

/**
 * Two runs on the test images that both have scored, image by image. Intervals are percentiles over resamples of whole
 * groups (patients, case pages), the same groups for both models, so what an image makes hard for both cancels. They
 * hold for these trainings: how much another seed would change is not in them.
 * @throws if no fold has the same test images in both
 */
export function compareRuns(
  a: { name: string; folds: readonly FoldPredictions[] },
  b: { name: string; folds: readonly FoldPredictions[] },
  records: LabelledRecords,
  seed: number,
): Comparison {
  const common = a.folds.filter((f) =>
    b.folds.some((g) => g.fold === f.fold && g.test.files.join('\n') === f.test.files.join('\n')),
  )
  if (common.length === 0) {
    throw new Error(
      `${a.name} and ${b.name} have no fold with the same test images: compare runs of one split`,
    )
  }
  const folds = common.map((f) => f.fold)
  const left = scored(common, 'test', records)
  const right = scored(
    folds.map((k) => b.folds.find((f) => f.fold === k)!),
    'test',
    records,
  )
  const groups = left.map((s) => s.record.group)
  const difference = (of: (side: readonly Scored[]) => Statistic, name: string): Difference => {
    const [ofLeft, ofRight] = [of(left), of(right)]
    const { value, low, high } = bootstrapByGroup(
      groups,
      (weights) => ofLeft(weights) - ofRight(weights),
      rngOf(seed, 'compare', name),
    )
    const all = new Float64Array(groups.length).fill(1)
    return { a: ofLeft(all), b: ofRight(all), difference: value, low, high }
  }
  const { list, ids } = records
  const focus = focusOf(list)
  const c = ids.indexOf(focus.id)
  const balanced = difference((side) => balancedAccuracyOf(side, list), 'balanced')
  const focusAuc = difference(
    (side) =>
      weightedAuc({
        scores: side.map((s) => s.probabilities[c]!),
        positive: side.map((s) => s.truths[c] === 1),
      }),
    'focus',
  )
  return {
    a: a.name,
    b: b.name,
    images: left.length,
    groups: new Set(groups).size,
    folds,
    balancedAccuracy: balanced,
    focusAuc,
    sentence: `${verdict(a.name, b.name, 'balanced accuracy', balanced, 100, ' points')} ${verdict(a.name, b.name, `${classNameIn(focus, 'en')} AUC`, focusAuc, 1, '')}`,
  }
}

function verdict(a: string, b: string, what: string, d: Difference, scale: number, unit: string): string {
  const digits = scale === 100 ? 1 : 3
  const show = (v: number) => `${v >= 0 ? '+' : '−'}${Math.abs(scale * v).toFixed(digits)}`
  const interval = `95 % interval ${show(d.low)} to ${show(d.high)}`
  const figures = `${show(d.difference)}${unit} (${interval})`
  if (d.low > 0) return `The ${what} of ${a} is higher than that of ${b}: ${figures}.`
  if (d.high < 0) return `The ${what} of ${a} is lower than that of ${b}: ${figures}.`
  return `The ${what} of ${a} and of ${b} may be equal: the difference is ${show(d.difference)}${unit}, and its interval includes 0 (${interval}).`
}
