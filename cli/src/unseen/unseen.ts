import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import type { Reference } from '@detl/core/drift/reference'
import { focusOf } from '@detl/core/model/class-list'
import { classesOf } from '@detl/core/model/classes'
import { type Manifest, type OperatingPoint, parseManifest, type Unseen } from '@detl/core/model/manifest'
import { rewriteManifest } from '@detl/export/rewrite-manifest'
import { chosenFilms } from '@detl/train/data/chosen-films'
import { DataFaults } from '@detl/train/data/faults'
import { readManifest } from '@detl/train/data/manifest'
import { readRegular } from '@detl/train/data/regular-file'
import { readJson } from '@detl/train/data/text-file'
import { truthOf } from '@detl/train/data/truth'
import { type GroupedScores, ratesAt } from '@detl/train/evaluate/operating-points'
import type { Report } from '@detl/train/evaluate/report'
import { type FilmScorer, openFilmScorer } from '../films.ts'
import { modelCard } from '../ship/model-card.ts'
import { takePoints } from './take-points.ts'

export type UnseenOptions = {
  /** Folder of the model; its manifest, also inside its files, and MODEL_CARD.md are written anew. */
  readonly model: string
  /** Table of the films: file, label, dataset. */
  readonly labels: string
  /** Folder that the files lie in. */
  readonly images: string
  /** What people call where the films are from; it stands in every answer. */
  readonly source: string
  /** The class whose thresholds are measured; by default the one in focus. */
  readonly label?: string | undefined
  readonly tiers?: readonly string[] | undefined
  /** Films of a dataset and class at most, evenly over the table. */
  readonly most: number
  /** What `detl train unseen-points` printed: its threshold takes the place of that of `screening` first. */
  readonly points?: string | undefined
  /** Version of the model from now on, as other thresholds give other answers; by default it stays. */
  readonly version?: string | undefined
  readonly onFilm?: (done: number, total: number) => void
}

export type MeasuredUnseen = {
  readonly manifest: Manifest
  readonly label: string
  readonly films: number
  /** What the gate refuses is not found, and raises no alarm. */
  readonly refused: number
  /** Films of datasets that trained the model. */
  readonly passedOver: number
}

/**
 * What a model's thresholds are worth on labelled films of a source that training had not seen. It is written into the manifest, and every answer states it beside the
 * rates on held-out images of the known sources; the thresholds stay as they are, unless others are given. What was measured before under the same name is replaced.
 * @throws DataFaults with all that is wrong with the table; AppError request-invalid where no film is of the class, or the class has no thresholds
 */
export async function measureUnseen(options: UnseenOptions): Promise<MeasuredUnseen> {
  const { model, source } = options
  const scorer = await openFilmScorer(model)
  const { manifest, label, scores, refused, passedOver } = await measureWith(scorer, options).finally(
    scorer.close,
  )
  const points = manifest.operatingPoints?.[label]
  if (!points) throw new AppError('request-invalid', `${manifest.name} has no thresholds for "${label}"`)
  const withUnseen = (point: OperatingPoint): OperatingPoint => ({
    ...point,
    unseen: [...(point.unseen ?? []).filter((u) => u.source !== source), unseenAt(point, scores, source)],
  })
  const next = parseManifest({
    ...manifest,
    operatingPoints: {
      ...manifest.operatingPoints,
      [label]: { screening: withUnseen(points.screening), balanced: withUnseen(points.balanced) },
    },
  })
  const written = rewriteManifest(model, next)
  await renewReference(model, written)
  const report = join(model, 'report/report.json')
  if (existsSync(report))
    await writeFile(join(model, 'MODEL_CARD.md'), modelCard(written, readJson<Report>(report)))
  return { manifest: written, label, films: scores.scores.length, refused, passedOver }
}

async function measureWith(scorer: FilmScorer, options: UnseenOptions) {
  const { model, points, version = scorer.manifest.version } = options
  const taken = points === undefined ? scorer.manifest : takePoints(model, scorer.manifest, points)
  const manifest = { ...taken, version }
  const label = options.label ?? focusOf({ labelling: manifest.labelling, classes: classesOf(manifest) }).id
  return { manifest, label, ...(await scoresOf(scorer, label, options)) }
}

/** Scores are as they were, so what is usual stays, under the new version. */
async function renewReference(model: string, { name, version }: Manifest): Promise<void> {
  const path = join(model, 'reference.json')
  if (!existsSync(path)) return
  const reference = readJson<Reference>(path)
  if (reference.model.version === version) return
  await writeFile(path, `${JSON.stringify({ ...reference, model: { name, version } }, null, 1)}\n`)
}

async function scoresOf(
  { manifest, score }: FilmScorer,
  label: string,
  { labels, images, tiers, most, onFilm }: UnseenOptions,
): Promise<{ scores: GroupedScores; refused: number; passedOver: number }> {
  const list = { labelling: manifest.labelling, classes: classesOf(manifest) }
  const at = manifest.labels.indexOf(label)
  const { records, faults } = readManifest(labels, { root: images, list })
  if (faults.length > 0) throw new DataFaults(faults)
  const known = new Set(manifest.data.sources.map(({ name }) => name))
  const unknown = records.filter((r) => !known.has(r.dataset))
  const films = chosenFilms(unknown, { tiers, most })
  const positive = films.map((r) => truthOf(r.classB!, list)[at] === 1)
  if (!positive.includes(true))
    throw new AppError(
      'request-invalid',
      `${labels} has no film of "${label}" from a source that the model was not trained on (it was on ${[...known].join(', ')})`,
    )
  const scores: number[] = []
  let refused = 0
  for (const [i, record] of films.entries()) {
    const film = await score(await readRegular(record.path))
    if (!film) refused++
    scores.push(film?.probabilities[at] ?? 0)
    onFilm?.(i + 1, films.length)
  }
  return {
    scores: { scores, positive, groups: films.map((r) => r.group) },
    refused,
    passedOver: records.length - unknown.length,
  }
}

function unseenAt({ threshold }: OperatingPoint, scores: GroupedScores, source: string): Unseen {
  const { sensitivity, specificity } = ratesAt(scores, threshold)
  return { source, sensitivity, ...(specificity.n > 0 && { specificity }) }
}
