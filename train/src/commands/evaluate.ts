import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { LABELS } from '@detl/core/model/labels'
import type * as tfl from '@tensorflow/tfjs-layers'
import { labelledImages } from '../data/labelled.ts'
import { readRegions } from '../data/regions.ts'
import { auditShortcuts, type ShortcutScores } from '../evaluate/audit.ts'
import { fitTemperature } from '../evaluate/calibration.ts'
import { type CamScore, scoreCams } from '../evaluate/cam-scores.ts'
import { type Comparison, compareRuns } from '../evaluate/compare.ts'
import { drawCase, GALLERY_RULE, type GalleryCase, galleryImages } from '../evaluate/gallery.ts'
import { renderGallery } from '../evaluate/gallery-html.ts'
import type { LeftOutFigures } from '../evaluate/left-out.ts'
import { type OutlierScores, scoreOutliers } from '../evaluate/ood-figures.ts'
import { ensembleOf, type FoldPredictions, scored } from '../evaluate/predictions.ts'
import { predictionsCsv } from '../evaluate/predictions-csv.ts'
import { type OutlierSets, readOutliers } from '../evaluate/real-outliers.ts'
import { averageOverFolds, buildReport, type Report } from '../evaluate/report.ts'
import { renderReport } from '../evaluate/report-html.ts'
import { withoutLungs } from '../evaluate/shortcuts.ts'
import { readCurves } from '../evaluate/training-curves.ts'
import { loadModel, writeWhole } from '../model/files.ts'
import { predictLogits } from '../predict.ts'
import { readRun } from '../run.ts'
import { trainedMembers } from './fold-dirs.ts'
import type { OpenRun } from './train-run.ts'

export type EvaluateOptions = {
  folds: readonly number[]
  fromScratch: boolean
  /** Folders of images that are no frontal chest X-ray. */
  outliers?: readonly string[]
  /** Also draw gallery.html, which shows X-rays of the data set and must not be passed on. */
  gallery?: boolean
}

type Fold = {
  fold: number
  members: string[]
  predictions: FoldPredictions[]
  cams: CamScore[]
  outliers: OutlierScores
}

/** Predictions, maps, outliers and shortcuts of the folds that are trained, and the report. */
export async function evaluate(run: OpenRun, options: EvaluateOptions): Promise<Report> {
  const { out } = run.options
  const { split, byFile } = run.dataset
  const real = await readOutliers(options.outliers ?? [], run.dataset.pixels.spec)
  const folds: Fold[] = []
  for (const fold of options.folds.filter((k) => k < split.folds.length))
    folds.push(await evaluateFold(run, fold, options.fromScratch, real))
  const names = folds.flatMap((f) => f.members)
  const report = buildReport({
    run: readRun(out),
    split,
    folds: folds.map((f) => f.predictions),
    shortcuts: shortcutsOf(
      run,
      folds.map((f) => f.fold),
    ),
    cams: folds.flatMap((f) => f.cams),
    records: byFile,
    training: readCurves(out, options.fromScratch ? names : ['pretrain', ...names]),
    pretraining: options.fromScratch ? undefined : await worthOfPretraining(run, folds),
    leftOut: leftOutRuns(out),
    outliers: folds.map((f) => f.outliers),
  })
  const dir = join(out, options.fromScratch ? 'report-scratch' : 'report')
  mkdirSync(dir, { recursive: true })
  const ensembles = folds.map((f) => ensembleOf(f.predictions, byFile))
  const test = scored(ensembles, 'test', byFile)
  const external = averageOverFolds(scored(ensembles, 'external', byFile))
  const cases = await galleryOf(run, folds)
  writeWhole(join(dir, 'report.json'), `${JSON.stringify(report, null, 1)}\n`)
  writeWhole(join(dir, 'predictions.csv'), predictionsCsv(test, external))
  writeWhole(join(dir, 'report.html'), renderReport(report, { cases, rule: GALLERY_RULE }))
  if (options.gallery ?? true) writeWhole(join(dir, 'gallery.html'), renderGallery(cases, GALLERY_RULE))
  console.error(report.headline)
  return report
}

async function evaluateFold(
  run: OpenRun,
  fold: number,
  fromScratch: boolean,
  real: OutlierSets,
): Promise<Fold> {
  const { out, data } = run.options
  const { split, byFile, pixels } = run.dataset
  const members = trainedMembers(out, fold, fromScratch)
  const [first] = members
  if (!first) throw new Error(`fold ${fold} is not trained: choose the others with --folds`)
  const predictions = await predictMembers(run, fold, members)
  const files = split.folds[fold]!.test

  const camsName = members.length > 1 ? `cams-mean-of-${members.length}.json` : 'cams.json'
  const cams = await kept(join(out, first), camsName, members, out, async () => {
    const models = await loadAll(out, members)
    const set = partOf(run, files)
    const scores = await scoreCams(models, files, set, pixels, readRegions(data))
    for (const model of models) model.dispose()
    return scores
  })
  const external = split.external.filter((f) => byFile.get(f)?.classB !== undefined)
  const kinds = real.kinds.map((k) => k.kind).join('-')
  const outliersName = `outliers${kinds ? `-${kinds.replace(/\W+/g, '-')}` : ''}.json`
  const outliers = await kept(join(out, first), outliersName, [first], out, async () => {
    console.error(`outliers of fold ${fold}`)
    const model = await loadModel(join(out, first, 'best'))
    const { ood, scores } = await scoreOutliers(
      model,
      {
        training: partOf(run, split.folds[fold]!.train),
        validation: partOf(run, split.folds[fold]!.validation),
        test: partOf(run, files),
        external: partOf(run, external),
      },
      real,
      { seed: split.seed, fold },
    )
    model.dispose()
    const facts = { method: 'mahalanobis', output: 'ood_score', ...ood }
    writeWhole(join(out, first, 'ood.json'), `${JSON.stringify(facts)}\n`)
    return scores
  })
  return { fold, members, predictions, cams, outliers }
}

/** What was computed from the members' weights before, unless those are newer. */
async function kept<T>(
  dir: string,
  name: string,
  members: readonly string[],
  out: string,
  compute: () => Promise<T>,
): Promise<T> {
  const path = join(dir, name)
  const trained = Math.max(...members.map((m) => statSync(join(out, m, 'best', 'weights.bin')).mtimeMs))
  if (existsSync(path) && statSync(path).mtimeMs >= trained)
    return JSON.parse(readFileSync(path, 'utf8')) as T
  const value = await compute()
  writeWhole(path, `${JSON.stringify(value)}\n`)
  return value
}

async function predictMembers(
  run: OpenRun,
  fold: number,
  members: readonly string[],
): Promise<FoldPredictions[]> {
  const { out } = run.options
  const all: FoldPredictions[] = []
  for (const name of members) {
    all.push(
      await kept(join(out, name), 'predictions.json', [name], out, async () => {
        console.error(`scoring ${name}`)
        const model = await loadModel(join(out, name, 'best'))
        const predictions = await predictFold(run, fold, model)
        model.dispose()
        return predictions
      }),
    )
  }
  return all
}

/** Folds that were trained without Data-A as well, on the same test images. */
async function worthOfPretraining(run: OpenRun, folds: readonly Fold[]): Promise<Comparison | undefined> {
  const { byFile, split } = run.dataset
  const scratch: FoldPredictions[] = []
  for (const { fold } of folds) {
    const members = trainedMembers(run.options.out, fold, true)
    if (members.length > 0) scratch.push(ensembleOf(await predictMembers(run, fold, members), byFile))
  }
  if (scratch.length === 0) return undefined
  const pretrained = folds.map((f) => ensembleOf(f.predictions, byFile))
  return compareRuns(
    { name: 'the network pretrained on Data-A', folds: pretrained },
    { name: 'the one without Data-A', folds: scratch },
    byFile,
    split.seed,
  )
}

/** Figures of the runs OUT/without-SOURCE, as their own reports have them. */
function leftOutRuns(out: string): LeftOutFigures[] {
  const names = readdirSync(out).filter((name) => name.startsWith('without-'))
  return names.sort().flatMap((name) => {
    const path = join(out, name, 'report', 'report.json')
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report).leftOut : []
  })
}

function shortcutsOf(run: OpenRun, folds: readonly number[]): ShortcutScores[] {
  const { split, byFile, pixels } = run.dataset
  const path = join(run.options.out, `shortcuts-${folds.join('-')}.json`)
  if (existsSync(path)) {
    const saved = JSON.parse(readFileSync(path, 'utf8')) as { split: string; scores: ShortcutScores[] }
    if (saved.split === split.digest) return saved.scores
  }
  const scores = auditShortcuts(split, folds, byFile, pixels, (kind) => console.error(`audited: ${kind}`))
  writeWhole(path, `${JSON.stringify({ split: split.digest, scores })}\n`)
  return scores
}

async function galleryOf(run: OpenRun, folds: readonly Fold[]): Promise<GalleryCase[]> {
  const { out, data } = run.options
  const { byFile, pixels } = run.dataset
  const ensembles = folds.map((f) => ensembleOf(f.predictions, byFile))
  const chosen = galleryImages(scored(ensembles, 'test', byFile))
  const regions = readRegions(data)
  const cases = new Map<string, GalleryCase>()
  for (const { fold, members } of folds) {
    const models = await loadAll(out, members)
    for (const image of chosen.filter((s) => s.fold === fold))
      cases.set(image.file, await drawCase(image, models, pixels, regions))
    for (const model of models) model.dispose()
  }
  return chosen.map((s) => cases.get(s.file)!)
}

const loadAll = (out: string, names: readonly string[]): Promise<tfl.LayersModel[]> =>
  Promise.all(names.map((name) => loadModel(join(out, name, 'best'))))

const partOf = (run: OpenRun, files: readonly string[]) =>
  labelledImages(files, run.dataset.byFile, run.dataset.pixels, 'B', 'none')

const CLASSES = LABELS.length

async function predictFold(run: OpenRun, fold: number, model: tfl.LayersModel): Promise<FoldPredictions> {
  const { split, byFile, pixels } = run.dataset
  const { batchSize } = run.options.config.transfer
  const predict = async (files: string[], blanked = false) => {
    const set = partOf(run, files)
    const logits = await predictLogits(
      model,
      blanked ? { ...set, pixels: withoutLungs(pixels) } : set,
      batchSize,
    )
    return { set, logits, rows: files.map((_, i) => [...logits.subarray(i * CLASSES, (i + 1) * CLASSES)]) }
  }
  const lists = split.folds[fold]!
  const external = split.external.filter((f) => byFile.get(f)?.classB !== undefined)
  const validation = await predict(lists.validation)
  return {
    fold,
    temperature: fitTemperature(validation.logits, validation.set.labels, CLASSES),
    validation: { files: lists.validation, logits: validation.rows },
    test: { files: lists.test, logits: (await predict(lists.test)).rows },
    external: { files: external, logits: (await predict(external)).rows },
    blanked: { files: lists.test, logits: (await predict(lists.test, true)).rows },
  }
}
