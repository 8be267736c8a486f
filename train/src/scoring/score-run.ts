import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type * as tfl from '@tensorflow/tfjs-layers'
import { readDataSetRegions } from '../data/data-set.ts'
import type { Dataset } from '../data/dataset.ts'
import { labelledImages } from '../data/labelled.ts'
import { readJson } from '../data/text-file.ts'
import { writeWhole } from '../files.ts'
import { trainedMembers } from '../folds.ts'
import { loadModel } from '../model/files.ts'
import { predictLogits } from '../predict.ts'
import { ensembleOf } from '../scores/ensemble.ts'
import {
  type CamScore,
  type FoldPredictions,
  type GalleryCase,
  type OutlierScores,
  SCORE_FILES,
  type ShortcutScores,
} from '../scores/files.ts'
import { galleryImages } from '../scores/gallery-rule.ts'
import { scored } from '../scores/predictions.ts'
import { temperatureOf } from '../scores/temperature.ts'
import { auditShortcuts } from './audit.ts'
import { scoreCams } from './cam-scores.ts'
import { drawCase } from './gallery.ts'
import { scoreOutliers } from './outlier-scores.ts'
import { type OutlierSets, readOutliers } from './real-outliers.ts'
import { withoutLungs } from './shortcuts.ts'

/** A trained run: its folder, and the data that it was trained on. */
export type ScoredRun = { out: string; data: string; batchSize: number; dataset: Dataset }

export type ScoreOptions = {
  folds: readonly number[]
  fromScratch: boolean
  /** Folders of images that are no frontal chest X-ray. */
  outliers?: readonly string[]
}

type Fold = { fold: number; members: string[]; predictions: FoldPredictions[] }

/**
 * Shows a run's networks all that the report asks about, and writes what they said into the run's folder
 * (`scores/files.ts`). What is there already and newer than the weights is kept.
 * @throws where a fold is not trained
 */
export async function scoreRun(run: ScoredRun, options: ScoreOptions): Promise<void> {
  const { split } = run.dataset
  const { fromScratch } = options
  const real = await readOutliers(options.outliers ?? [], run.dataset.pixels.spec)
  const folds: Fold[] = []
  for (const fold of options.folds.filter((k) => k < split.folds.length))
    folds.push(await scoreFold(run, fold, fromScratch, real))
  // Folds that were trained without Data-A as well: what pretraining is worth is read off the same test images.
  for (const { fold } of fromScratch ? [] : folds)
    await predictMembers(run, fold, trainedMembers(run.out, fold, true))
  const names = folds.map((f) => f.fold)
  scoreShortcuts(run, names)
  const cases = await galleryOf(run, folds)
  writeWhole(SCORE_FILES.gallery(run.out, names, fromScratch), `${JSON.stringify(cases)}\n`)
}

async function scoreFold(
  run: ScoredRun,
  fold: number,
  fromScratch: boolean,
  real: OutlierSets,
): Promise<Fold> {
  const { out, data } = run
  const { split, pixels } = run.dataset
  const members = trainedMembers(out, fold, fromScratch)
  const [first] = members
  if (!first) throw new Error(`fold ${fold} is not trained: choose the others with --folds`)
  const predictions = await predictMembers(run, fold, members)
  const { test } = split.folds[fold]!
  await kept<CamScore[]>(SCORE_FILES.cams(out, members), out, members, async () => {
    const models = await loadAll(out, members)
    const scores = await scoreCams(
      models,
      test,
      partOf(run, test),
      pixels,
      readDataSetRegions(data),
      run.dataset.byFile,
    )
    for (const model of models) model.dispose()
    return scores
  })
  const sets = real.kinds.map((k) => k.kind)
  await kept<OutlierScores>(
    SCORE_FILES.outliers(out, first),
    out,
    [first],
    () => outliersOf(run, fold, first, real),
    (saved) => saved.sets?.join('\n') === sets.join('\n'),
  )
  return { fold, members, predictions }
}

/** Also writes ood.json, the Gaussian of the last hidden layer, which goes into the artefact. */
async function outliersOf(
  run: ScoredRun,
  fold: number,
  member: string,
  real: OutlierSets,
): Promise<OutlierScores> {
  console.error(`outliers of fold ${fold}`)
  const { split } = run.dataset
  const { train, validation, test } = split.folds[fold]!
  const model = await loadModel(join(run.out, member, 'best'))
  const parts = {
    training: partOf(run, train),
    validation: partOf(run, validation),
    test: partOf(run, test),
    external: partOf(run, externalOf(run)),
  }
  const { ood, scores } = await scoreOutliers(model, parts, real, { seed: split.seed, fold })
  model.dispose()
  writeWhole(join(run.out, member, 'ood.json'), `${JSON.stringify(ood)}\n`)
  return scores
}

/**
 * What was computed from the members' weights before, unless those are newer.
 * @param fits whether what was kept is what is asked for
 */
async function kept<T>(
  path: string,
  out: string,
  members: readonly string[],
  compute: () => Promise<T>,
  fits: (saved: T) => boolean = () => true,
): Promise<T> {
  const trained = Math.max(...members.map((m) => statSync(join(out, m, 'best', 'weights.bin')).mtimeMs))
  if (existsSync(path) && statSync(path).mtimeMs >= trained) {
    const saved = readJson<T>(path)
    if (fits(saved)) return saved
  }
  const value = await compute()
  writeWhole(path, `${JSON.stringify(value)}\n`)
  return value
}

async function predictMembers(
  run: ScoredRun,
  fold: number,
  members: readonly string[],
): Promise<FoldPredictions[]> {
  const all: FoldPredictions[] = []
  for (const name of members) {
    all.push(
      await kept(SCORE_FILES.predictions(run.out, name), run.out, [name], async () => {
        console.error(`scoring ${name}`)
        const model = await loadModel(join(run.out, name, 'best'))
        const predictions = await predictFold(run, fold, model)
        model.dispose()
        return predictions
      }),
    )
  }
  return all
}

function scoreShortcuts(run: ScoredRun, folds: readonly number[]): void {
  const { split, byFile, pixels } = run.dataset
  const path = SCORE_FILES.shortcuts(run.out, folds)
  if (existsSync(path) && readJson<SavedShortcuts>(path).split === split.digest) return
  const scores = auditShortcuts(split, folds, byFile, pixels, (kind) => console.error(`audited: ${kind}`))
  const saved: SavedShortcuts = { split: split.digest, scores }
  writeWhole(path, `${JSON.stringify(saved)}\n`)
}

type SavedShortcuts = { split: string; scores: ShortcutScores[] }

async function galleryOf(run: ScoredRun, folds: readonly Fold[]): Promise<GalleryCase[]> {
  const { byFile, pixels } = run.dataset
  const ensembles = folds.map((f) => ensembleOf(f.predictions, byFile))
  const chosen = galleryImages(scored(ensembles, 'test', byFile))
  const regions = readDataSetRegions(run.data)
  const cases = new Map<string, GalleryCase>()
  for (const { fold, members } of folds) {
    const models = await loadAll(run.out, members)
    for (const image of chosen.filter((s) => s.fold === fold))
      cases.set(image.file, await drawCase(image, models, pixels, regions, byFile.ids))
    for (const model of models) model.dispose()
  }
  return chosen.map((s) => cases.get(s.file)!)
}

const loadAll = (out: string, names: readonly string[]): Promise<tfl.LayersModel[]> =>
  Promise.all(names.map((name) => loadModel(join(out, name, 'best'))))

const partOf = (run: ScoredRun, files: readonly string[]) =>
  labelledImages(files, run.dataset.byFile, run.dataset.pixels, 'B', 'none')

const externalOf = ({ dataset: { split, byFile } }: ScoredRun): string[] =>
  split.external.filter((f) => byFile.get(f)?.classB !== undefined)

async function predictFold(run: ScoredRun, fold: number, model: tfl.LayersModel): Promise<FoldPredictions> {
  const { split, pixels, byFile } = run.dataset
  const predict = async (files: string[], blanked = false) => {
    const set = partOf(run, files)
    const shown = blanked ? { ...set, pixels: withoutLungs(pixels) } : set
    const logits = await predictLogits(model, shown, run.batchSize)
    const { classes } = set
    return files.map((_, i) => [...logits.subarray(i * classes, (i + 1) * classes)])
  }
  const lists = split.folds[fold]!
  const external = externalOf(run)
  const validation = await predict(lists.validation)
  return {
    fold,
    temperature: temperatureOf(
      validation,
      lists.validation.map((f) => byFile.truthOf(f)),
      byFile.list,
    ),
    validation: { files: lists.validation, logits: validation },
    test: { files: lists.test, logits: await predict(lists.test) },
    external: { files: external, logits: await predict(external) },
    blanked: { files: lists.test, logits: await predict(lists.test, true) },
  }
}
