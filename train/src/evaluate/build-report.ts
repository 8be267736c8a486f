import { LABELS } from '@detl/core/model/labels'
import type { ImageRecord } from '../data/record.ts'
import type { Split } from '../data/split-file.ts'
import { rngOf } from '../rng.ts'
import type { Run } from '../run.ts'
import { ensembleOf } from '../scores/ensemble.ts'
import type { CamScore, FoldPredictions, OutlierScores, ShortcutScores } from '../scores/files.ts'
import { averageOverFolds, type Scored, scored } from '../scores/predictions.ts'
import { mean, sampleVariance } from '../statistics.ts'
import {
  covidAgainstPneumonia,
  covidAgainstPneumoniaRows,
  covidShare,
  type Row,
  rowOf,
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
import { headline, shortcutsFigures } from './shortcut-figures.ts'
import { subgroups } from './subgroups.ts'

export type ReportInput = {
  run: Run
  split: Split
  /** Members of each fold. */
  folds: readonly (readonly FoldPredictions[])[]
  shortcuts: readonly ShortcutScores[]
  cams: readonly CamScore[]
  records: ReadonlyMap<string, ImageRecord>
  training: TrainingCurve[]
  pretraining: Comparison | undefined
  /** Of other runs, whose protocol leaves a source out. */
  leftOut: readonly LeftOutFigures[]
  outliers: readonly OutlierScores[]
}

/** All figures, from what scoring left: no model and no pixel is touched. */
export function buildReport(input: ReportInput): Report {
  const { run, split, records } = input
  const { seed } = split
  const folds = input.folds.map((members) => ensembleOf(members, records))
  const test = scored(folds, 'test', records)
  const rows = test.map(rowOf)
  const model = summarise(rows, seed)
  const members = memberFigures(input.folds, records)
  const external = scored(folds, 'external', records)
  const shortcuts = shortcutsFigures(input.shortcuts, folds, records, seed)
  const perFold = folds.map((f) => foldFigures(f, test, seed))
  const accuracies = perFold.map((f) => f.accuracy)
  const groupOf = (file: string) => records.get(file)?.group ?? file
  return {
    headline: headline(model, shortcuts, members),
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
    covidAgainstPneumonia: [covidAgainstPneumonia(rows, COUNTER_TEST_SOURCE, seed)],
    calibration: calibrationFigures(folds, test, records, seed),
    operatingPoints: pointsOf(folds, records),
    shortcuts,
    subgroups: subgroups(test, seed),
    localisation: input.cams.length > 0 ? localisationFigures(input.cams, groupOf, seed) : undefined,
    external: external.length > 0 ? summarise(averageOverFolds(external).map(rowOf), seed) : undefined,
    roc: rocFigures(rows, seed),
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
  seed: number,
): Report['folds'][number] {
  const of = test.filter((s) => s.fold === fold)
  const { accuracy, balancedAccuracy } = summarise(of.map(rowOf), seed)
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
  const classes = LABELS.length
  const flat = (s: readonly Scored[]) => s.flatMap((r) => r.probabilities)
  const truth = test.map((s) => s.truth)
  const groups = test.map((s) => s.record.group)
  const asTrained = folds.map((f) => ({ ...f, temperature: 1 }))
  const raw = flat(scored(asTrained, 'test', records))
  const probabilities = flat(test)
  const bins = (weights?: ArrayLike<number>) => reliability(probabilities, truth, classes, 10, weights)
  const brier = weightedMean(brierScores(probabilities, truth, classes))
  return {
    ece: bootstrapByGroup(groups, (w) => expectedCalibrationError(bins(w)), rngOf(seed, 'ece')),
    eceUncalibrated: expectedCalibrationError(reliability(raw, truth, classes)),
    brier: bootstrapByGroup(groups, brier, rngOf(seed, 'brier')),
    bins: bins(),
  }
}

/** Within this source the source tells nothing: the counter-test. */
const COUNTER_TEST_SOURCE = 'cohen'

function rocFigures(rows: readonly Row[], seed: number): RocFigure[] {
  const curve = (name: string, of: readonly Row[], score: (r: Row) => number, label: number) =>
    rocWithBand(
      name,
      { scores: of.map(score), positive: of.map((r) => r.truth === label) },
      of.map((r) => r.group),
      rngOf(seed, 'roc', name),
    )
  const pair = covidAgainstPneumoniaRows(rows, COUNTER_TEST_SOURCE)
  return [
    ...LABELS.map((label, c) => curve(label, rows, (r) => r.probabilities[c]!, c)),
    curve(
      `covid19 against pneumonia, ${COUNTER_TEST_SOURCE} only`,
      pair,
      covidShare,
      LABELS.indexOf('covid19'),
    ),
  ].filter((r) => r.curve.length > 0)
}
