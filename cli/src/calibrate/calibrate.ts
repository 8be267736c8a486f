import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { classesOf } from '@detl/core/model/classes'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { DataFaults } from '@detl/train/data/faults'
import { readManifest } from '@detl/train/data/manifest'
import { truthOf } from '@detl/train/data/truth'
import { type Film, sitePoints } from '@detl/train/evaluate/site-points'
import { openFilmScorer } from '../films.ts'

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
  /** Classes whose thresholds stay as they were: the site has too few films with or without them. */
  readonly kept: readonly string[]
}

/**
 * The model again, with thresholds that were chosen on a site's own films. The weights and the scores stay as they are; version and
 * operating points change, and every answer states both.
 * @throws DataFaults with all that is wrong with the table; AppError request-invalid where no class has enough films
 */
export async function calibrate({
  model,
  labels,
  images,
  out,
  site,
  onFilm,
}: CalibrateOptions): Promise<Calibrated> {
  const scorer = await openFilmScorer(model)
  const { manifest } = scorer
  const list = { labelling: manifest.labelling, classes: classesOf(manifest) }
  const { records, faults } = readManifest(labels, { root: images, list })
  if (faults.length > 0) throw new DataFaults(faults)
  const films: Film[] = []
  const labelled = records.filter((r) => r.classB !== undefined)
  let refused = 0
  for (const [i, record] of labelled.entries()) {
    const film = await scorer.score(await readFile(record.path))
    if (film) {
      const truths = truthOf(record.classB!, list)
      films.push({ group: record.group, truths, scores: film.probabilities })
    } else refused++
    onFilm?.(i + 1, labelled.length)
  }
  await scorer.close()
  const points = sitePoints(films, manifest.labels)
  if (Object.keys(points).length === 0)
    throw new AppError(
      'request-invalid',
      `${films.length} films are too few: a class needs 10 with it and 10 without, of different patients`,
    )
  const next = parseManifest({
    ...manifest,
    version: `${manifest.version}+${site}`,
    operatingPoints: { ...manifest.operatingPoints, ...points },
    site: { name: site, films: films.length, at: new Date().toISOString() },
  })
  await mkdir(out, { recursive: true })
  await cp(join(model, 'model.onnx'), join(out, 'model.onnx'))
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(next, null, 2)}\n`)
  return {
    manifest: next,
    films: films.length,
    refused,
    kept: manifest.labels.filter((label) => !(label in points)),
  }
}
