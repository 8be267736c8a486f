import { type ClassList, focusOf } from '@detl/core/model/class-list'
import type { Split } from '../data/split-file.ts'
import type { LabelledRecords } from '../data/truth.ts'
import { rngOf } from '../rng.ts'
import type { Run } from '../run.ts'
import { ensembleOf } from '../scores/ensemble.ts'
import type { CamScore, FoldPredictions, OutlierScores, ShortcutScores } from '../scores/files.ts'
import { averageOverFolds, type Scored, scored } from '../scores/predictions.ts'
import { mean, sampleVariance } from '../statistics.ts'
import {
  counterTest,
  type Pair,
  pairsOf,
  type Row,
  rowOf,
  rowsOfPair,
  shareOf,
  summarise,
} from './figures.ts'
import { bootstrapByGroup, weightedMean } from './intervals.ts'
import { leftOutFigures } from './left-out.ts'
import { localisationFigures } from './localisation-figures.ts'
import { memberFigures } from './members.ts'
import { brierScores } from './metrics.ts'
import { pointsOf } from './operating-points.ts'
import { outlierFigures } from './outlier-figures.ts'
import { expectedCalibrationError, reliability } from './reliability.ts'
import type { Comparison, LeftOutFigures, Report, RocFigure, TrainingCurve } from './report.ts'
import { rocWithBand } from './roc-band.ts'
import { selectiveFigures } from './selective.ts'
import { headline, shortcutsFigures } from './shortcut-figures.ts'
import { subgroups } from './subgroups.ts'

export type ReportInput = {
  run: Run
  split: Split
  /** Members of each fold. */
  folds: readonly (readonly FoldPredictions[])[]
  shortcuts: readonly ShortcutScores[]
  cams: readonly CamScore[]
  records: LabelledRecords
  training: TrainingCurve[]
  pretraining: Comparison | undefined
  /** Of other runs, whose protocol leaves a source out. */
  leftOut: readonly LeftOutFigures[]
  outliers: readonly OutlierScores[]
}

/** All figures, from what scoring left: no model and no pixel is touched. */
export function buildReport(input: ReportInput): Report {
  const { run, split, records } = input
  const { list } = records
  const { seed } = split
  const folds = input.folds.map((members) => ensembleOf(members, records))
  const test = scored(folds, 'test', records)
  const rows = test.map(rowOf)
  const model = summarise(rows, list, seed)
  const pairs = pairsOf(rows, list)
  const members = memberFigures(input.folds, records)
  const external = scored(folds, 'external', records)
  const shortcuts = shortcutsFigures(input.shortcuts, folds, records, seed)
  const perFold = folds.map((f) => foldFigures(f, test, list, seed))
  const accuracies = perFold.map((f) => f.accuracy)
  const groupOf = (file: string) => records.get(file)?.group ?? file
  return {
    headline: headline(model, list, shortcuts, members),
    classes: list,
    focus: focusOf(list).id,
    run,
    images: {
      test: test.length,
      groups: new Set(rows.map((r) => r.group)).size,
      folds: folds.length,
      external: new Set(external.map((s) => s.file)).size,
    },
    folds: perFold,
    foldAccuracy: { mean: mean(accuracies), sd: Math.sqrt(sampleVariance(accuracies)) },
    model,
    counterTests: pairs.map((pair) => counterTest(rows, pair, list, seed)),
    calibration: calibrationFigures(folds, test, records, seed),
    operatingPoints: pointsOf(folds, records),
    selective: selectiveFigures(folds, records, seed),
    shortcuts,
    subgroups: subgroups(test, list, seed),
    localisation: input.cams.length > 0 ? localisationFigures(input.cams, groupOf, seed) : undefined,
    external:
      external.length > 0 ? summarise(averageOverFolds(external, list).map(rowOf), list, seed) : undefined,
    roc: rocFigures(rows, list, pairs, seed),
    members,
    training: input.training,
    pretraining: input.pretraining,
    leftOut: [leftOutFigures(split, folds, records) ?? [], ...input.leftOut].flat(),
    outOfDistribution: outlierFigures(input.outliers),
  }
}

function foldFigures(
  { fold, temperature }: FoldPredictions,
  test: readonly Scored[],
  list: ClassList,
  seed: number,
): Report['folds'][number] {
  const of = test.filter((s) => s.fold === fold)
  const { accuracy, balancedAccuracy } = summarise(of.map(rowOf), list, seed)
  return {
    fold,
    n: of.length,
    accuracy: accuracy.value,
    balancedAccuracy: balancedAccuracy.value,
    temperature,
  }
}

function calibrationFigures(
  folds: readonly FoldPredictions[],
  test: readonly Scored[],
  records: ReportInput['records'],
  seed: number,
): Report['calibration'] {
  const { list } = records
  const asTrained = folds.map((f) => ({ ...f, temperature: 1 }))
  const raw = questionsOf(scored(asTrained, 'test', records), list)
  const asked = questionsOf(test, list)
  const probabilities = asked.flatMap((q) => q.probabilities)
  const truth = asked.map((q) => q.truth)
  const groups = asked.map((q) => q.group)
  const options = list.labelling === 'multi' ? 2 : list.classes.length
  const bins = (weights?: ArrayLike<number>) => reliability(probabilities, truth, options, 10, weights)
  const brier = weightedMean(brierScores(probabilities, truth, options))
  const before = reliability(
    raw.flatMap((q) => q.probabilities),
    truth,
    options,
  )
  return {
    ece: bootstrapByGroup(groups, (w) => expectedCalibrationError(bins(w)), rngOf(seed, 'ece')),
    eceUncalibrated: expectedCalibrationError(before),
    brier: bootstrapByGroup(groups, brier, rngOf(seed, 'brier')),
    bins: bins(),
  }
}

type Question = { group: string; truth: number; probabilities: readonly number[] }

/** What calibration is measured by: one question an image, which class it is; or one an image and class, whether it is there. */
const questionsOf = (images: readonly Scored[], { labelling }: ClassList): Question[] =>
  images.flatMap(({ record: { group }, truths, probabilities }) =>
    labelling === 'multi'
      ? probabilities.map((p, c) => ({ group, truth: truths[c]!, probabilities: [1 - p, p] }))
      : [{ group, truth: truths.indexOf(1), probabilities }],
  )

function rocFigures(
  rows: readonly Row[],
  list: ClassList,
  pairs: readonly Pair[],
  seed: number,
): RocFigure[] {
  const curve = (name: string, of: readonly Row[], score: (r: Row) => number, label: number) =>
    rocWithBand(
      name,
      { scores: of.map(score), positive: of.map((r) => r.truths[label] === 1) },
      of.map((r) => r.group),
      rngOf(seed, 'roc', name),
    )
  const { classes } = list
  return [
    ...classes.map(({ id }, c) => curve(id, rows, (r) => r.probabilities[c]!, c)),
    ...pairs.map((pair) => {
      const name = `${classes[pair.focus]!.id} against ${classes[pair.against]!.id}, ${pair.source} only`
      return curve(name, rowsOfPair(rows, pair), shareOf(pair), pair.focus)
    }),
  ].filter((r) => r.curve.length > 0)
}
