import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type LungFacts, parseLungFacts } from '@detl/core/lungs/lung-facts'
import { description, SCHEMA } from '@detl/core/model/manifest'
import { type BackendChoice, describeBackend } from '../backend/names.ts'
import { hasCheckpoint, removeStage } from '../checkpoint.ts'
import { readDataSet, readDataSetRegions } from '../data/data-set.ts'
import { dataDigest } from '../data/record.ts'
import { readText } from '../data/text-file.ts'
import { writeJson } from '../files.ts'
import { loadModel } from '../model/files.ts'
import { INPUT_SCALE } from '../model/input.ts'
import { codeVersion } from '../run.ts'
import type { LungImage } from './lung-image.ts'
import { diceFigures, errorsOf, limitFigures, severityFigures, straightness } from './lung-report.ts'
import type { LungScore } from './lung-score.ts'
import { lungFolds, openLungSet } from './lung-set.ts'
import { LUNG_SIZE } from './net.ts'
import { heldOutDigest, unseenPart, writePart } from './part-file.ts'
import { predictRegions, scoreLungs } from './score-lungs.ts'
import { softImages } from './soft-set.ts'
import { trainLungs } from './train-lungs.ts'

/** A run of the network that outlines lungs: a folder with `fold-0` … `fold-4`, `without-NAME` and `all`, each with `best/` and `part.json`. */
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

/** Which images a part holds out, with all others of their groups. @throws AppError request-invalid where a list names none that has an outline */
function heldOut({ images, folds }: Pick<LungRun, 'images' | 'folds'>, part: LungPart): boolean[] {
  if (part === 'all') return images.map(() => false)
  if ('fold' in part) return images.map((_, i) => folds[i] === part.fold)
  const files = new Set(part.files)
  const groups = new Set(
    images.filter(({ record }) => files.has(record.file)).map(({ record }) => record.group),
  )
  if (groups.size === 0)
    throw new AppError(
      'request-invalid',
      `the list ${part.source} names no image of the data of which a region is known: nothing would be held out. It has one file a line, as manifest.csv names them`,
    )
  return images.map(({ record }) => groups.has(record.group))
}

/** The files of the images that a part's network must not have seen. */
export const heldOutFiles = (run: Pick<LungRun, 'images' | 'folds'>, part: LungPart): string[] => {
  const out = heldOut(run, part)
  return run.images.filter((_, i) => out[i]).map(({ record }) => record.file)
}

type TrainPartOptions = {
  readonly epochs: number
  readonly resume: boolean
  /** Throws away what is there of the part. */
  readonly restart?: boolean
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
  { epochs, resume, restart, soft, from }: TrainPartOptions,
): Promise<void> {
  const out = heldOut(run, part)
  const own = run.images.filter((_, i) => !out[i])
  const groups = new Set(run.images.filter((_, i) => out[i]).map(({ record }) => record.group))
  const named = new Set(part !== 'all' && 'source' in part ? part.files : [])
  const taught = soft ? await softImages({ ...run, dir: soft, part: teacherOf(part) }, run.images) : []
  const unseen = ({ record }: LungImage) => !groups.has(record.group) && !named.has(record.file)
  const images = [...own, ...taught.filter(unseen)]
  const dir = join(run.out, folderOf(part))
  if (restart) removeStage(dir)
  else if (!resume && hasCheckpoint(dir))
    throw new AppError(
      'request-invalid',
      `${dir} holds a checkpoint: go on from it with --resume, or start anew with --restart`,
    )
  const digest = dataDigest(images.map(({ record }) => record))
  const identity = createHash('sha256')
    .update(JSON.stringify([digest, epochs, run.seed, soft ?? null, from ?? null]))
    .digest('hex')
  const onEpoch = ({ epoch, loss, seconds }: { epoch: number; loss: number; seconds: number }) =>
    console.error(
      `${folderOf(part)}: epoch ${epoch} of ${epochs}, loss ${loss.toFixed(4)}, ${seconds.toFixed(0)} s`,
    )
  const files = heldOutFiles(run, part)
  const start = from && join(from, folderOf(part))
  if (start) unseenPart(start, files)
  const options = { dir, epochs, seed: run.seed, resume, identity, onEpoch }
  const model = await trainLungs(images, { ...options, ...(start && { from: join(start, 'best') }) })
  model.dispose()
  writePart(dir, { epochs, heldOut: heldOutDigest(files) })
}

/** What the network of a part says of the images that it did not see. */
async function scorePart(run: LungRun, part: Exclude<LungPart, 'all'>): Promise<LungScore[]> {
  const out = heldOut(run, part)
  const images = run.images.filter((_, i) => out[i])
  const model = await loadModel(join(run.out, folderOf(part), 'best'))
  const regions = await predictRegions(model, images)
  model.dispose()
  return scoreLungs(images, regions, 'fold' in part ? part.fold : -1)
}

export type LungReportOptions = {
  readonly name: string
  readonly version: string
  readonly folds: readonly number[]
  readonly source: { readonly source: string; readonly files: readonly string[] } | undefined
  /** Added to what is said of the training. */
  readonly note: string
  readonly backend: BackendChoice
}

/** Epochs of the trainings that a report is about. @throws AppError request-invalid where a network has seen what it would be scored on, or trainings differ */
function epochsOf(run: LungRun, { folds, source }: LungReportOptions): number {
  const parts: LungPart[] = [...folds.map((fold) => ({ fold })), ...(source ? [source] : [])]
  const facts = parts.map((part) => unseenPart(join(run.out, folderOf(part)), heldOutFiles(run, part)))
  const all = existsSync(join(run.out, 'all', 'best')) ? [unseenPart(join(run.out, 'all'), [])] : []
  const epochs = [...new Set([...facts.slice(0, folds.length), ...all].map((part) => part.epochs))]
  if (epochs.length > 1)
    throw new AppError(
      'request-invalid',
      `the parts in ${run.out} were trained for ${epochs.join(' and ')} epochs: figures of folds hold for the network of all images only where all have the same`,
    )
  return epochs[0]!
}

/** Scores the parts and writes lungs.json and scores.json (each image, Pearson's correlations, and what Dice could be): all that is known of the network in `all/best`. */
export async function reportLungs(run: LungRun, options: LungReportOptions): Promise<LungFacts> {
  checkNames(options)
  const epochs = epochsOf(run, options)
  const byFold: LungScore[][] = []
  for (const fold of options.folds) byFold.push(await scorePart(run, { fold }))
  const scores = byFold.flat()
  const { source } = options
  const without = source && (await scorePart(run, source))
  const records = run.images.map(({ record }) => record)
  const facts = parseLungFacts({
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
    outlines: outlinesOf(run.data),
    training: {
      code: codeVersion(),
      backend: describeBackend(options.backend),
      seed: run.seed,
      summary: `${epochs} epochs on all images; figures by ${options.folds.length} folds that keep patients together${options.note && `; ${options.note}`}`,
    },
  } satisfies LungFacts)
  const more = { pearson: straightness(scores), limits: limitFigures(scores) }
  writeJson(join(run.out, 'scores.json'), { scores, without: without ?? [], ...more })
  writeJson(join(run.out, 'lungs.json'), facts)
  return facts
}

/** Before anything is scored. */
function checkNames({ name, version }: Pick<LungReportOptions, 'name' | 'version'>): void {
  for (const [option, schema, value] of [
    ['--name', description.name, name],
    ['--release', description.version, version],
  ] as const) {
    const { error } = schema.safeParse(value)
    if (error) throw new AppError('request-invalid', `${option} "${value}": ${error.issues[0]!.message}`)
  }
}

function sourcesOf(images: readonly LungImage[]): LungFacts['data']['sources'] {
  const names = [...new Set(images.map(({ record }) => record.dataset))].sort()
  return names.map((name) => {
    const of = images.filter(({ record }) => record.dataset === name)
    const licences = [...new Set(of.map(({ record }) => record.licence.trim() || 'not stated'))].sort()
    return { name, images: of.length, licences }
  })
}

/** Who drew the outlines, as the data say. */
function outlinesOf(data: string): NonNullable<LungFacts['outlines']> {
  const { drawnBy } = readDataSetRegions(data)
  const names = [...new Set(drawnBy.map((one) => JSON.stringify(one)))]
  return names.map((name) => {
    const { of, source, licence } = JSON.parse(name) as (typeof drawnBy)[number]
    return { of, source, licence, images: drawnBy.filter((one) => JSON.stringify(one) === name).length }
  })
}

/**
 * The images of a source, which a list names, one file a line.
 * @throws AppError request-invalid where it is not there, or names what the data do not have
 */
export function sourceIn(data: string, path: string): { source: string; files: string[] } {
  if (!existsSync(path)) throw new AppError('request-invalid', `--without ${path}: there is no such file`)
  const files = readText(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const known = new Set(readDataSet(data).records.map(({ file }) => file))
  const missing = files.filter((file) => !known.has(file))
  if (files.length === 0 || missing.length > 0)
    throw new AppError(
      'request-invalid',
      `--without ${path}: ${missing.length > 0 ? `the data do not have ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}` : 'it is empty'}; it has one file a line, as manifest.csv names them`,
    )
  return { source: basename(path, extname(path)), files }
}
