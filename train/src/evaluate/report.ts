import { LABELS, type Label } from '@detl/core/model/labels'
import type { Estimate } from '@detl/core/model/manifest'
import type { ImageRecord } from '../data/record.ts'
import type { Split } from '../data/split.ts'
import { rngOf } from '../rng.ts'
import type { Run } from '../run.ts'
import type { ShortcutScores } from './audit.ts'
import { expectedCalibrationError, type ReliabilityBin, reliability } from './calibration.ts'
import type { CamScore } from './cam-scores.ts'
import type { Comparison } from './compare.ts'
import {
  covidAgainstPneumonia,
  covidAgainstPneumoniaRows,
  covidShare,
  type Row,
  type Summary,
  summarise,
} from './figures.ts'
import { bootstrapByGroup, mean, sampleVariance, weightedMean } from './intervals.ts'
import { type LeftOutFigures, leftOutFigures } from './left-out.ts'
import { type LocalisationFigures, localisationFigures } from './localisation-figures.ts'
import { type MemberFigures, memberFigures } from './members.ts'
import { brierScores } from './metrics.ts'
import { type OutlierFigures, type OutlierScores, outlierFigures } from './ood-figures.ts'
import { type OperatingPoints, operatingPoints } from './operating-points.ts'
import { ensembleOf, type FoldPredictions, type Scored, scored } from './predictions.ts'
import { type RocFigure, rocWithBand } from './roc-band.ts'
import { SHORTCUT_TITLES } from './shortcuts.ts'
import { type SubgroupFigures, subgroups } from './subgroups.ts'
import type { TrainingCurve } from './training-curves.ts'

export type ShortcutFigures = {
  name: string
  title: string
  accuracy: Estimate
  balancedAccuracy: Estimate
  covidAuc: Estimate
}

export type Report = {
  /** What a reader must know before any figure. */
  headline: string
  run: Run
  images: { test: number; groups: number; folds: number; external: number }
  folds: { fold: number; n: number; accuracy: number; balancedAccuracy: number; temperature: number }[]
  foldAccuracy: { mean: number; sd: number }
  model: Summary
  covidAgainstPneumonia: ReturnType<typeof covidAgainstPneumonia>[]
  calibration: { ece: Estimate; eceUncalibrated: number; brier: Estimate; bins: ReliabilityBin[] }
  operatingPoints: Partial<Record<Label, OperatingPoints>>
  shortcuts: ShortcutFigures[]
  subgroups: SubgroupFigures[]
  localisation: LocalisationFigures | undefined
  external: Summary | undefined
  /** Each class against the rest, and COVID-19 against pneumonia within a source. */
  roc: RocFigure[]
  /** Where the figures above are those of ensembles: what one network alone reaches. */
  members: MemberFigures | undefined
  training: TrainingCurve[]
  /** With Data-A against without, where the run has both. */
  pretraining: Comparison | undefined
  /** Sources that a network was tested on without ever being trained on them. */
  leftOut: LeftOutFigures[]
  outOfDistribution: OutlierFigures | undefined
}

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

/** All figures, from predictions alone: no model and no pixel is touched. */
export function buildReport(input: ReportInput): Report {
  const { run, split, records } = input
  const seed = split.seed
  const folds = input.folds.map((members) => ensembleOf(members, records))
  const test = scored(folds, 'test', records)
  const rows = test.map(rowOf)
  const model = summarise(rows, seed)
  const members = memberFigures(input.folds, records)
  const external = scored(folds, 'external', records)
  const shortcuts = [
    ...input.shortcuts.map((s) => shortcutFigures(s, records, seed)),
    ownFigures(
      'network-without-lungs',
      'this network itself, shown the images with the lungs blanked',
      scored(folds, 'blanked', records),
      seed,
    ),
  ]
  const perFold = folds.map((f) => {
    const of = test.filter((s) => s.fold === f.fold)
    const figures = summarise(of.map(rowOf), seed)
    return {
      fold: f.fold,
      n: of.length,
      accuracy: figures.accuracy.value,
      balancedAccuracy: figures.balancedAccuracy.value,
      temperature: f.temperature,
    }
  })
  const accuracies = perFold.map((f) => f.accuracy)
  const flat = (s: readonly Scored[]) => s.flatMap((r) => r.probabilities)
  const truth = test.map((s) => s.truth)
  const raw = scored(
    folds.map((f) => ({ ...f, temperature: 1 })),
    'test',
    records,
  )
  const probabilities = flat(test)
  const bins = (weights?: ArrayLike<number>) => reliability(probabilities, truth, LABELS.length, 10, weights)
  const groups = rows.map((r) => r.group)
  return {
    headline: headline(model, shortcuts, members),
    run,
    images: {
      test: test.length,
      groups: new Set(groups).size,
      folds: folds.length,
      external: new Set(external.map((s) => s.file)).size,
    },
    folds: perFold,
    foldAccuracy: { mean: mean(accuracies), sd: Math.sqrt(sampleVariance(accuracies)) },
    model,
    covidAgainstPneumonia: [covidAgainstPneumonia(rows, COUNTER_TEST_SOURCE, seed)],
    calibration: {
      ece: bootstrapByGroup(groups, (w) => expectedCalibrationError(bins(w)), rngOf(seed, 'ece')),
      eceUncalibrated: expectedCalibrationError(reliability(flat(raw), truth, LABELS.length)),
      brier: bootstrapByGroup(
        groups,
        weightedMean(brierScores(probabilities, truth, LABELS.length)),
        rngOf(seed, 'brier'),
      ),
      bins: bins(),
    },
    operatingPoints: pointsOf(folds, records),
    shortcuts,
    subgroups: subgroups(test, seed),
    localisation:
      input.cams.length > 0
        ? localisationFigures(input.cams, (f) => records.get(f)?.group ?? f, seed)
        : undefined,
    external: external.length > 0 ? summarise(averageOverFolds(external).map(rowOf), seed) : undefined,
    roc: rocFigures(rows, seed),
    members,
    training: input.training,
    pretraining: input.pretraining,
    leftOut: [leftOutFigures(split, folds, records, rowOf) ?? [], ...input.leftOut].flat(),
    outOfDistribution: outlierFigures(input.outliers),
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

export const rowOf = (s: Scored): Row => ({
  group: s.record.group,
  source: s.record.dataset,
  truth: s.truth,
  predicted: s.predicted,
  probabilities: s.probabilities,
})

function ownFigures(name: string, title: string, images: readonly Scored[], seed: number): ShortcutFigures {
  const figures = summarise(images.map(rowOf), seed)
  const covid = figures.classes.find((c) => c.label === 'covid19')
  if (!covid) throw new Error('no COVID image among the predictions')
  const { accuracy, balancedAccuracy } = figures
  return { name, title, accuracy, balancedAccuracy, covidAuc: covid.auc }
}

function shortcutFigures(s: ShortcutScores, records: ReportInput['records'], seed: number): ShortcutFigures {
  const images = s.files.map((file, i): Scored => {
    const probabilities = s.probabilities[i]!
    const predicted = probabilities.indexOf(Math.max(...probabilities))
    return {
      file,
      record: records.get(file)!,
      fold: 0,
      truth: s.truth[i]!,
      logits: [],
      probabilities,
      predicted,
    }
  })
  return ownFigures(s.kind, SHORTCUT_TITLES[s.kind], images, seed)
}

/** Close is: within the width of the network's own interval. */
function headline(
  model: Summary,
  shortcuts: readonly ShortcutFigures[],
  members: MemberFigures | undefined,
): string {
  const covid = model.classes.find((c) => c.label === 'covid19')!.auc
  const percent = (e: Estimate) =>
    `${(100 * e.value).toFixed(1)} % (${(100 * e.low).toFixed(1)}–${(100 * e.high).toFixed(1)})`
  const best = shortcuts.reduce((a, b) => (b.covidAuc.value > a.covidAuc.value ? b : a))
  const ensemble = members
    ? `, by ${members.members} networks a fold together; one alone reaches ${(100 * members.balancedAccuracy.mean).toFixed(1)} %`
    : ''
  const own = `Balanced accuracy ${percent(model.balancedAccuracy)} over four classes; COVID-19 AUC ${covid.value.toFixed(3)}${ensemble}.`
  const gap = covid.value - best.covidAuc.value
  const warning =
    gap < 0.05
      ? `A shortcut that sees no lung disease does about as well on COVID-19: ${best.title} has AUC ${best.covidAuc.value.toFixed(3)}. The network's COVID-19 figures measure the sources at least as much as the disease.`
      : `The best shortcut (${best.title}) has COVID-19 AUC ${best.covidAuc.value.toFixed(3)}.`
  return `${own} ${warning}`
}

/** Thresholds from all validation parts together; what they give on all test folds together. */
export function pointsOf(
  folds: readonly FoldPredictions[],
  records: ReportInput['records'],
): Report['operatingPoints'] {
  const validation = scored(folds, 'validation', records)
  const test = scored(folds, 'test', records)
  const binary = (s: readonly Scored[], c: number) => ({
    scores: s.map((r) => r.probabilities[c]!),
    positive: s.map((r) => r.truth === c),
  })
  return Object.fromEntries(
    LABELS.map((label, c) => [label, operatingPoints(binary(validation, c), binary(test, c))]),
  )
}

/** External images are scored by every fold's model: their mean is the ensemble's answer. */
export function averageOverFolds(images: readonly Scored[]): Scored[] {
  const byFile = new Map<string, Scored[]>()
  for (const s of images) byFile.set(s.file, [...(byFile.get(s.file) ?? []), s])
  return [...byFile.values()].map((all) => {
    const probabilities = LABELS.map((_, c) => mean(all.map((s) => s.probabilities[c]!)))
    return { ...all[0]!, probabilities, predicted: probabilities.indexOf(Math.max(...probabilities)) }
  })
}
