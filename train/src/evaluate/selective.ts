import type { ClassList } from '@detl/core/model/class-list'
import type { Estimate, Selective } from '@detl/core/model/manifest'
import type { LabelledRecords } from '../data/truth.ts'
import { rngOf } from '../rng.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { scored } from '../scores/predictions.ts'
import { quantile } from '../statistics.ts'
import { balancedAccuracyOf, type Row, rowOf } from './figures.ts'
import { bootstrapByGroup, wilson } from './intervals.ts'
import type { SelectiveFigures } from './report.ts'

/** Share of images that a model decides where it is asked to decide only what it is sure of. */
export const COVERAGE = 0.8
const COVERAGES = [0.9, COVERAGE, 0.7, 0.6, 0.5]

/** One image: its group, what is true of it, what is said of it, and the calibrated probabilities, [C] each. */
type Answer = Pick<Row, 'group' | 'truths' | 'called' | 'probabilities'>

/**
 * How much better a model is where it leaves out what it is least sure of (Geifman & El-Yaniv 2017): thresholds on the highest probability from
 * the validation parts, measured on the test parts. A class that is right less often is also left out more often, so the gain is less than
 * accuracies promise: balanced accuracy is stated.
 * @returns undefined of a multi-label list, whose classes each have a probability of their own
 */
export function selectiveFigures(
  folds: readonly FoldPredictions[],
  records: LabelledRecords,
  seed: number,
): SelectiveFigures | undefined {
  const { list } = records
  if (list.labelling !== 'single') return undefined
  const rows = (part: 'validation' | 'test') => scored(folds, part, records).map(rowOf)
  const [validation, test] = [rows('validation'), rows('test')]
  if (validation.length === 0 || test.length === 0) return undefined
  return {
    all: bootstrapByGroup(
      test.map(({ group }) => group),
      balancedAccuracyOf(test, list),
      rngOf(seed, 'selective'),
    ),
    steps: COVERAGES.map((coverage) => {
      const threshold = thresholdFor(validation, coverage)
      const decided = test.map((row) => confidenceOf(row) >= threshold)
      return { coverage, threshold, ...worth(test, decided, list, seed) }
    }),
  }
}

/** What of the figures the manifest holds, and who serves the model goes by. */
export function selectiveOf(figures: SelectiveFigures | undefined): Selective | undefined {
  const step = figures?.steps.find(({ coverage }) => coverage === COVERAGE)
  if (!figures || !step) return undefined
  const { coverage, threshold, answered, balancedAccuracy } = step
  return { coverage, threshold, answered, balancedAccuracy: { all: figures.all, answered: balancedAccuracy } }
}

/** The threshold that the wanted share of the images reaches. */
export function thresholdFor(images: readonly Pick<Answer, 'probabilities'>[], coverage: number): number {
  const sorted = Float64Array.from(images, confidenceOf).sort()
  return Math.min(1, Math.max(0, quantile(sorted, 1 - coverage)))
}

/** Share that is decided, what that is worth, and by how much more than the decisions on all images: resampled together, by group. */
export function worth(
  images: readonly Answer[],
  decided: readonly boolean[],
  list: ClassList,
  seed: number,
): { answered: Estimate; balancedAccuracy: Estimate; gain: Estimate } {
  const every = balancedAccuracyOf(images, list)
  const masked = new Float64Array(images.length)
  const sure = (weights: ArrayLike<number>): number => {
    for (let i = 0; i < masked.length; i++) masked[i] = decided[i] ? weights[i]! : 0
    return every(masked)
  }
  const groups = images.map(({ group }) => group)
  const estimate = (of: (weights: ArrayLike<number>) => number): Estimate =>
    bootstrapByGroup(groups, of, rngOf(seed, 'selective'))
  const n = decided.filter(Boolean).length
  return {
    answered: wilson(n, images.length),
    balancedAccuracy: { ...estimate(sure), n },
    gain: { ...estimate((weights) => sure(weights) - every(weights)), n: images.length },
  }
}

/** How sure a model is of an image: its highest calibrated probability. */
export const confidenceOf = ({ probabilities }: Pick<Answer, 'probabilities'>): number =>
  Math.max(...probabilities)
