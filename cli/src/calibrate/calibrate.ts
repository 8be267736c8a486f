import { existsSync, realpathSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { type Prediction, predictionOf, tensorStatistics } from '@detl/core/drift/prediction'
import { FEWEST_FILMS, referenceOf } from '@detl/core/drift/reference'
import type { ClassList } from '@detl/core/model/class-list'
import { classesOf } from '@detl/core/model/classes'
import type { Manifest, Site } from '@detl/core/model/manifest'
import { rewriteManifest } from '@detl/export/rewrite-manifest'
import { withTemperature } from '@detl/export/with-temperature'
import { DataFaults } from '@detl/train/data/faults'
import { readManifest } from '@detl/train/data/manifest'
import type { ImageRecord } from '@detl/train/data/record'
import { readRegular } from '@detl/train/data/regular-file'
import { truthOf } from '@detl/train/data/truth'
import { sitePoints } from '@detl/train/evaluate/site-points'
import { siteSelective } from '@detl/train/evaluate/site-selective'
import { siteTemperature } from '@detl/train/evaluate/site-temperature'
import { writeWhole } from '@detl/train/files'
import { probabilitiesOf } from '@detl/train/scores/predictions'
import { openFilmScorer, type ScoredFilm } from '../films.ts'

export type CalibrateOptions = {
  /** Folder of the model. */
  readonly model: string
  /** Table of the site's films: file, label and, so that one patient's films stay together, patient_id. */
  readonly labels: string
  /** Folder that the files lie in. */
  readonly images: string
  /** Folder that gets the model with the site's thresholds. */
  readonly out: string
  /** Name of the site: small letters, digits and hyphens. */
  readonly site: string
  readonly onFilm?: (done: number, total: number) => void
}

export type Calibrated = {
  readonly manifest: Manifest
  readonly films: number
  /** What the gate refused: it would be refused in service too. */
  readonly refused: number
  /** Films whose bytes another one has too: each counts once. */
  readonly twice: number
  /** Datasets of films that also trained the model: where the same patients did, the rates are too good. */
  readonly known: readonly string[]
  /** Classes whose thresholds stay as they were: the site has too few films with or without them. */
  readonly kept: readonly string[]
  /** Why the temperature stays as it was; undefined where it was fitted anew. */
  readonly temperatureKept: string | undefined
}

type SiteFilm = ScoredFilm & { readonly group: string; readonly truths: readonly number[] }
type Films = { readonly films: readonly SiteFilm[] } & Pick<Calibrated, 'refused' | 'twice' | 'known'>

/**
 * The model again, with thresholds and a temperature that fit a site's own films. The weights, the logits and the maps stay as they are;
 * version, temperature and operating points change, and every answer states them. What is usual there (reference.json) is written beside.
 * @throws DataFaults with all that is wrong with the table; AppError request-invalid where no class has enough films
 */
export async function calibrate(options: CalibrateOptions): Promise<Calibrated> {
  const { model, out, site } = options
  if (existsSync(out) && realpathSync(out) === realpathSync(model))
    throw new AppError(
      'request-invalid',
      `${out} is the model itself: its own thresholds would be lost. Choose another folder`,
    )
  const scorer = await openFilmScorer(model)
  const { manifest } = scorer
  const list = { labelling: manifest.labelling, classes: classesOf(manifest) }
  const { films, ...passed } = await scoreFilms(scorer, list, options).finally(scorer.close)
  const pointsAt = (temperature: number) => sitePoints(filmsAt(films, temperature, list), manifest.labels)
  const own = pointsAt(manifest.temperature)
  if (Object.keys(own).length === 0)
    throw new AppError(
      'request-invalid',
      `${films.length} films are too few: a class needs 10 with it and 10 without, of different patients`,
    )
  const kept = manifest.labels.filter((label) => !(label in own))
  const fitted = siteTemperature(films, list, manifest.temperature)
  const temperatureKept = reasonToKeep(manifest, kept, fitted.better)
  const temperature = temperatureKept ? manifest.temperature : fitted.temperature.value
  const { value, low, high } = fitted.temperature
  const calibration = { temperature: { value, low, high }, was: manifest.temperature, error: fitted.error }
  const selective = manifest.selective && siteSelective(filmsAt(films, temperature, list), list)
  const next = await writeCalibrated(options, manifest, {
    temperature,
    operatingPoints: { ...manifest.operatingPoints, ...(temperatureKept ? own : pointsAt(temperature)) },
    ...(selective && { selective }),
    site: {
      name: site,
      films: films.length,
      at: new Date().toISOString(),
      ...(!temperatureKept && { calibration }),
    },
  })
  await writeReference(out, next, filmsAt(films, temperature, list))
  return { manifest: next, films: films.length, ...passed, kept, temperatureKept }
}

async function scoreFilms(
  scorer: Awaited<ReturnType<typeof openFilmScorer>>,
  list: ClassList,
  { labels, images, onFilm }: CalibrateOptions,
): Promise<Films> {
  const { records, faults } = readManifest(labels, { root: images, list })
  if (faults.length > 0) throw new DataFaults(faults)
  const films: SiteFilm[] = []
  const all = records.filter((r) => r.classB !== undefined)
  const labelled = onceEach(all, labels)
  const trained = new Set(scorer.manifest.data.sources.map(({ name }) => name))
  const known = [...new Set(labelled.map((r) => r.dataset))].filter((name) => trained.has(name))
  let refused = 0
  for (const [i, record] of labelled.entries()) {
    const film = await scorer.score(await readRegular(record.path))
    if (film) films.push({ ...film, group: record.group, truths: truthOf(record.classB!, list) })
    else refused++
    onFilm?.(i + 1, labelled.length)
  }
  return { films, refused, twice: all.length - labelled.length, known }
}

/** Each picture once: twice, it would be in a fifth that chooses and in one that measures. @throws DataFaults where it has two labels */
function onceEach(records: readonly ImageRecord[], path: string): ImageRecord[] {
  const first = new Map<string, ImageRecord>()
  const faults = records.flatMap((r) => {
    const same = first.get(r.sha256)
    if (!same) first.set(r.sha256, r)
    if (!same || same.classB === r.classB) return []
    return [
      {
        path,
        text: `${r.file} is the same picture as ${same.file}, which is ${same.classB}, this one ${r.classB}`,
      },
    ]
  })
  if (faults.length > 0) throw new DataFaults(faults)
  return [...first.values()]
}

/** The films with the scores that they have at a temperature. */
const filmsAt = (films: readonly SiteFilm[], temperature: number, list: ClassList) =>
  films.map((film) => {
    const probabilities = probabilitiesOf(film.logits, temperature, list)
    return { ...film, probabilities, scores: probabilities }
  })

/** A threshold that stays was chosen on scores of the old temperature: it would mean something else at a new one. */
function reasonToKeep(
  { operatingPoints }: Pick<Manifest, 'operatingPoints'>,
  kept: readonly string[],
  better: boolean,
): string | undefined {
  const bound = kept.filter((label) => operatingPoints?.[label])
  if (bound.length > 0) return `thresholds of ${bound.join(', ')} stay, and were chosen on scores as they are`
  return better ? undefined : 'left-out films are no more likely with another one'
}

async function writeCalibrated(
  { model, out, site }: CalibrateOptions,
  manifest: Manifest,
  changed: Pick<Manifest, 'temperature' | 'operatingPoints' | 'selective'> & { site: Site },
): Promise<Manifest> {
  const bytes = new Uint8Array(await readFile(join(model, 'model.onnx')))
  const same = changed.temperature === manifest.temperature
  await mkdir(out, { recursive: true })
  writeWhole(join(out, 'model.onnx'), same ? bytes : withTemperature(bytes, changed.temperature))
  return rewriteManifest(out, { ...manifest, version: `${manifest.version}+${site}`, ...changed }, model)
}

/** What is usual at the site, where there are films enough to say. */
async function writeReference(
  out: string,
  manifest: Manifest,
  films: ReturnType<typeof filmsAt>,
): Promise<void> {
  if (films.length < FEWEST_FILMS) return
  const at = new Date()
  const { size } = manifest.preprocess
  const predictions: Prediction[] = films.map((film) =>
    predictionOf(manifest, tensorStatistics(film.tensor, size), film, at),
  )
  const of = `films of ${manifest.site!.name} that thresholds were chosen on`
  const reference = referenceOf(predictions, { model: manifest, of, at })
  await writeFile(join(out, 'reference.json'), `${JSON.stringify(reference, null, 1)}\n`)
}
