import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as tfl from '@tensorflow/tfjs-layers'
import { labelledImages } from '../data/labelled.ts'
import { readRegions } from '../data/regions.ts'
import { auditShortcuts } from '../evaluate/audit.ts'
import { fitTemperature } from '../evaluate/calibration.ts'
import { type CamScore, scoreCams } from '../evaluate/cam-scores.ts'
import { type FoldPredictions, readPredictions, savePredictions } from '../evaluate/predictions.ts'
import { buildReport, type Report } from '../evaluate/report.ts'
import { renderReport } from '../evaluate/report-html.ts'
import { withoutLungs } from '../evaluate/shortcuts.ts'
import { loadModel, writeWhole } from '../model/files.ts'
import { predictLogits } from '../predict.ts'
import { readRun } from '../run.ts'
import { type OpenRun, pretrain, transfer } from './train-run.ts'

/** Pretraining once, then every fold; what is finished already is not done again. Writes `report/`. */
export async function crossval(
  run: OpenRun,
  options: { folds: readonly number[]; fromScratch: boolean },
): Promise<Report> {
  const { out } = run.options
  const resuming: OpenRun = { ...run, options: { ...run.options, resume: true } }
  const base = join(out, 'pretrain', 'best', 'model.json')
  if (!options.fromScratch && !existsSync(join(out, 'pretrain', 'history.json'))) await pretrain(resuming)
  for (const fold of options.folds) {
    const dir = foldDir(out, fold, options.fromScratch)
    if (!existsSync(join(dir, 'history.json')))
      await transfer(resuming, fold, options.fromScratch ? undefined : base)
  }
  return evaluate(run, options)
}

/** Predictions, maps and shortcuts of the folds that are trained, and the report. */
export async function evaluate(
  run: OpenRun,
  options: { folds: readonly number[]; fromScratch: boolean },
): Promise<Report> {
  const { out, data } = run.options
  const folds: FoldPredictions[] = []
  const cams: CamScore[] = []
  for (const fold of options.folds) {
    const dir = foldDir(out, fold, options.fromScratch)
    const predictionsPath = join(dir, 'predictions.json')
    const camsPath = join(dir, 'cams.json')
    let predictions = readPredictions(predictionsPath)
    if (!predictions || !existsSync(camsPath)) {
      console.error(`scoring fold ${fold}`)
      const model = await loadModel(join(dir, 'best'))
      predictions = await predictFold(run, fold, model)
      savePredictions(predictionsPath, predictions)
      const set = partOf(run, run.dataset.split.folds[fold]!.test)
      const scores = await scoreCams(
        model,
        run.dataset.split.folds[fold]!.test,
        set,
        run.dataset.pixels,
        readRegions(data),
      )
      writeWhole(camsPath, `${JSON.stringify(scores)}\n`)
      model.dispose()
    }
    folds.push(predictions)
    cams.push(...(JSON.parse(readFileSync(camsPath, 'utf8')) as CamScore[]))
  }
  const { split, byFile, pixels } = run.dataset
  const shortcuts = auditShortcuts(split, options.folds, byFile, pixels, (kind) =>
    console.error(`audited: ${kind}`),
  )
  const report = buildReport({ run: readRun(out), split, folds, shortcuts, cams, records: byFile })
  const dir = join(out, options.fromScratch ? 'report-scratch' : 'report')
  mkdirSync(dir, { recursive: true })
  writeWhole(join(dir, 'report.json'), `${JSON.stringify(report, null, 1)}\n`)
  writeWhole(join(dir, 'report.html'), renderReport(report))
  console.error(report.headline)
  return report
}

const foldDir = (out: string, fold: number, fromScratch: boolean): string =>
  join(out, fromScratch ? `scratch-fold-${fold}` : `fold-${fold}`)

const partOf = (run: OpenRun, files: readonly string[]) =>
  labelledImages(files, run.dataset.byFile, run.dataset.pixels, 'B', 'none')

const CLASSES = 4

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
