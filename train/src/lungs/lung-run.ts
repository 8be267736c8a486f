import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LungFacts } from '@detl/core/lungs/lung-facts'
import { SCHEMA } from '@detl/core/model/manifest'
import { type BackendChoice, describeBackend } from '../backend/names.ts'
import { dataDigest } from '../data/record.ts'
import { writeJson } from '../files.ts'
import { loadModel } from '../model/files.ts'
import { INPUT_SCALE } from '../model/input.ts'
import { codeVersion } from '../run.ts'
import type { LungImage } from './lung-image.ts'
import { diceFigures, errorsOf, limitFigures, severityFigures, straightness } from './lung-report.ts'
import type { LungScore } from './lung-score.ts'
import { lungFolds, openLungSet } from './lung-set.ts'
import { LUNG_SIZE } from './net.ts'
import { predictRegions, scoreLungs } from './score-lungs.ts'
import { softImages } from './soft-set.ts'
import { trainLungs } from './train-lungs.ts'

/** A run of the network that outlines lungs: a folder with `fold-0` … `fold-4`, `without-NAME` and `all`, each with `best/`. */
export type LungRun = {
  readonly out: string
  readonly seed: number
  readonly data: string
  readonly cache: string
  readonly images: readonly LungImage[]
  readonly folds: Int32Array
}
/** What is held out: a fold, the images of a list, or nothing. */
export type LungPart =
  | { readonly fold: number }
  | { readonly source: string; readonly files: readonly string[] }
  | 'all'

export async function openLungRun(of: {
  data: string
  cache: string
  out: string
  seed: number
}): Promise<LungRun> {
  const images = await openLungSet(of.data, of.cache, of.seed)
  return { ...of, images, folds: lungFolds(images, of.seed) }
}

const folderOf = (part: LungPart): string =>
  part === 'all' ? 'all' : 'fold' in part ? `fold-${part.fold}` : `without-${part.source}`

/** Which images a part holds out, with all others of their groups. */
function heldOut({ images, folds }: LungRun, part: LungPart): boolean[] {
  if (part === 'all') return images.map(() => false)
  if ('fold' in part) return images.map((_, i) => folds[i] === part.fold)
  const files = new Set(part.files)
  const groups = new Set(
    images.filter(({ record }) => files.has(record.file)).map(({ record }) => record.group),
  )
  return images.map(({ record }) => groups.has(record.group))
}

type TrainPartOptions = {
  readonly epochs: number
  readonly resume: boolean
  /** What `teach-opacity` wrote. */
  readonly soft?: string | undefined
  /** Another run, whose networks of the same parts are gone on from. */
  readonly from?: string | undefined
}

/** The teacher that has not seen the held-out patients; of a source that is left out only the lungs are tested. */
const teacherOf = (part: LungPart): string => (part !== 'all' && 'fold' in part ? `fold-${part.fold}` : 'all')

export async function trainPart(
  run: LungRun,
  part: LungPart,
  { epochs, resume, soft, from }: TrainPartOptions,
): Promise<void> {
  const out = heldOut(run, part)
  const own = run.images.filter((_, i) => !out[i])
  const groups = new Set(run.images.filter((_, i) => out[i]).map(({ record }) => record.group))
  const taught = soft ? await softImages({ ...run, dir: soft, part: teacherOf(part) }, run.images) : []
  const images = [...own, ...taught.filter(({ record }) => !groups.has(record.group))]
  const dir = join(run.out, folderOf(part))
  const digest = dataDigest(images.map(({ record }) => record))
  const identity = createHash('sha256')
    .update(JSON.stringify([digest, epochs, run.seed, soft ?? null, from ?? null]))
    .digest('hex')
  const onEpoch = ({ epoch, loss, seconds }: { epoch: number; loss: number; seconds: number }) =>
    console.error(
      `${folderOf(part)}: epoch ${epoch} of ${epochs}, loss ${loss.toFixed(4)}, ${seconds.toFixed(0)} s`,
    )
  const start = from && join(from, folderOf(part), 'best')
  const options = { dir, epochs, seed: run.seed, resume, identity, onEpoch }
  const model = await trainLungs(images, { ...options, ...(start && existsSync(start) && { from: start }) })
  model.dispose()
}

/** What the network of a part says of the images that it did not see. */
export async function scorePart(run: LungRun, part: Exclude<LungPart, 'all'>): Promise<LungScore[]> {
  const dir = join(run.out, folderOf(part), 'best')
  if (!existsSync(dir)) throw new Error(`${dir} is not there: train it with \`detl train lungs\` first`)
  const out = heldOut(run, part)
  const images = run.images.filter((_, i) => out[i])
  const model = await loadModel(dir)
  const regions = await predictRegions(model, images)
  model.dispose()
  return scoreLungs(images, regions, 'fold' in part ? part.fold : -1)
}

export type LungReportOptions = {
  readonly name: string
  readonly version: string
  readonly folds: readonly number[]
  readonly source: { readonly source: string; readonly files: readonly string[] } | undefined
  readonly epochs: number
  /** Added to what is said of the training. */
  readonly note: string
  readonly backend: BackendChoice
}

/** Scores the parts and writes lungs.json and scores.json (each image, Pearson's correlations, and what Dice could be): all that is known of the network in `all/best`. */
export async function reportLungs(run: LungRun, options: LungReportOptions): Promise<LungFacts> {
  const byFold: LungScore[][] = []
  for (const fold of options.folds) byFold.push(await scorePart(run, { fold }))
  const scores = byFold.flat()
  const { source } = options
  const without = source && (await scorePart(run, source))
  const records = run.images.map(({ record }) => record)
  const facts: LungFacts = {
    schema: SCHEMA,
    name: options.name,
    version: options.version,
    createdAt: new Date().toISOString(),
    size: LUNG_SIZE,
    scale: INPUT_SCALE,
    height: LUNG_SIZE / 2,
    width: LUNG_SIZE / 2,
    error: errorsOf(scores),
    figures: {
      folds: { ...diceFigures(scores), byFold: byFold.map((part) => diceFigures(part).mean) },
      sourceLeftOut: without && source ? { ...diceFigures(without), source: source.source } : null,
      severity: severityFigures(scores),
    },
    data: { digest: dataDigest(records), images: records.length, sources: sourcesOf(run.images) },
    training: {
      code: codeVersion(),
      backend: describeBackend(options.backend),
      seed: run.seed,
      summary: `${options.epochs} epochs on all images; figures by ${options.folds.length} folds that keep patients together${options.note && `; ${options.note}`}`,
    },
  }
  const more = { pearson: straightness(scores), limits: limitFigures(scores) }
  writeJson(join(run.out, 'scores.json'), { scores, without: without ?? [], ...more })
  writeJson(join(run.out, 'lungs.json'), facts)
  return facts
}

function sourcesOf(images: readonly LungImage[]): LungFacts['data']['sources'] {
  const names = [...new Set(images.map(({ record }) => record.dataset))].sort()
  return names.map((name) => {
    const of = images.filter(({ record }) => record.dataset === name)
    const licences = [...new Set(of.map(({ record }) => record.licence.trim() || 'not stated'))].sort()
    return { name, images: of.length, licences }
  })
}

/** A list of files, one a line: the images of a source. */
export const filesIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
