import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { readDataSet } from '../data/data-set.ts'
import { readSplit } from '../data/split-file.ts'
import { LabelledRecords } from '../data/truth.ts'
import { writeJson, writeWhole } from '../files.ts'
import { trainedMembers } from '../folds.ts'
import { readRun } from '../run.ts'
import { ensembleOf } from '../scores/ensemble.ts'
import {
  type CamScore,
  type FoldPredictions,
  type GalleryCase,
  type OutlierScores,
  readScores,
  SCORE_FILES,
  type ShortcutScores,
} from '../scores/files.ts'
import { GALLERY_RULE } from '../scores/gallery-rule.ts'
import { averageOverFolds, scored } from '../scores/predictions.ts'
import { buildReport } from './build-report.ts'
import { compareRuns } from './compare.ts'
import { renderGallery } from './gallery-html.ts'
import { leftOutRuns } from './left-out-runs.ts'
import { predictionsCsv } from './predictions-csv.ts'
import type { Comparison, Report } from './report.ts'
import { renderReport } from './report-html.ts'
import { readCurves } from './training-curves.ts'

export type ReportOptions = {
  folds: readonly number[]
  fromScratch: boolean
  /** Also draw gallery.html, which shows X-rays of the data set and must not be passed on. */
  gallery?: boolean
}

/**
 * The report of a scored run, in its folder `report` or `report-scratch`. It is made of files alone: what training and
 * scoring left in the run's folder, and the data's manifest. No network runs and no image is read.
 * @param out the run's folder
 * @param data as `readDataSet` takes it
 * @throws where a fold is not scored, with the command that scores it
 */
export function writeReport(out: string, data: string, options: ReportOptions): Report {
  const { fromScratch } = options
  const split = readSplit(out)
  const { records: images, list } = readDataSet(data)
  const records = new LabelledRecords(images, list)
  const numbers = options.folds.filter((k) => k < split.folds.length)
  const members = numbers.map((fold) => membersOf(out, fold, fromScratch))
  const folds = members.map((names) => predictionsOf(out, names))
  const names = members.flat()
  const report = buildReport({
    run: readRun(out),
    split,
    folds,
    shortcuts: readScores<{ scores: ShortcutScores[] }>(SCORE_FILES.shortcuts(out, numbers)).scores,
    cams: members.flatMap((m) => readScores<CamScore[]>(SCORE_FILES.cams(out, m))),
    records,
    training: readCurves(out, fromScratch ? names : ['pretrain', ...names]),
    pretraining: fromScratch ? undefined : worthOfPretraining(out, folds, records, split.seed),
    leftOut: leftOutRuns(out),
    outliers: members.map((m) => readScores<OutlierScores>(SCORE_FILES.outliers(out, m[0]!))),
  })
  const dir = join(out, fromScratch ? 'report-scratch' : 'report')
  mkdirSync(dir, { recursive: true })
  const ensembles = folds.map((f) => ensembleOf(f, records))
  const external = averageOverFolds(scored(ensembles, 'external', records), list)
  const cases = readScores<GalleryCase[]>(SCORE_FILES.gallery(out, numbers, fromScratch))
  writeJson(join(dir, 'report.json'), report)
  writeWhole(
    join(dir, 'predictions.csv'),
    predictionsCsv(scored(ensembles, 'test', records), external, records.ids),
  )
  writeWhole(join(dir, 'report.html'), renderReport(report, { cases, rule: GALLERY_RULE }))
  if (options.gallery ?? true) writeWhole(join(dir, 'gallery.html'), renderGallery(cases, GALLERY_RULE, list))
  return report
}

function membersOf(out: string, fold: number, fromScratch: boolean): string[] {
  const members = trainedMembers(out, fold, fromScratch)
  if (members.length === 0) throw new Error(`fold ${fold} is not trained: choose the others with --folds`)
  return members
}

const predictionsOf = (out: string, members: readonly string[]): FoldPredictions[] =>
  members.map((m) => readScores<FoldPredictions>(SCORE_FILES.predictions(out, m)))

/** From folds that were trained without Data-A as well, on the same test images. */
function worthOfPretraining(
  out: string,
  folds: readonly FoldPredictions[][],
  records: LabelledRecords,
  seed: number,
): Comparison | undefined {
  const scratch = folds.flatMap(([first]) => {
    const members = trainedMembers(out, first!.fold, true)
    return members.length > 0 ? [ensembleOf(predictionsOf(out, members), records)] : []
  })
  if (scratch.length === 0) return undefined
  return compareRuns(
    { name: 'the network pretrained on Data-A', folds: folds.map((f) => ensembleOf(f, records)) },
    { name: 'the one without Data-A', folds: scratch },
    records,
    seed,
  )
}
