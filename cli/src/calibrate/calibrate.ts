import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { classesOf } from '@detl/core/model/classes'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { outputsOf } from '@detl/core/model/outputs'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { float32Values } from '@detl/core/wire/tensor'
import { openSession } from '@detl/gpu-function/session'
import { DataFaults } from '@detl/train/data/faults'
import { readManifest } from '@detl/train/data/manifest'
import { truthOf } from '@detl/train/data/truth'
import { type Film, sitePoints } from '@detl/train/evaluate/site-points'

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
  const manifest = parseManifest(JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8')))
  const list = { labelling: manifest.labelling, classes: classesOf(manifest) }
  const { records, faults } = readManifest(labels, { root: images, list })
  if (faults.length > 0) throw new DataFaults(faults)
  const bytes = new Uint8Array(await readFile(join(model, 'model.onnx')))
  const session = await openSession(bytes.buffer, {
    providers: ['cpu'],
    software: true,
    threads: 1,
    maxRows: 1,
  })
  const films: Film[] = []
  const labelled = records.filter((r) => r.classB !== undefined)
  let refused = 0
  for (const [i, record] of labelled.entries()) {
    const tensor = await tensorOf(record.path, manifest)
    if (tensor) {
      const { outputs } = await session.run({ inputs: [tensor], rows: 1, outputs: outputsOf(manifest) })
      const found = outputs.find(({ name }) => name === OUTPUTS.probabilities)!
      films.push({
        group: record.group,
        truths: truthOf(record.classB!, list),
        scores: [...float32Values(found)],
      })
    } else refused++
    onFilm?.(i + 1, labelled.length)
  }
  await session.close()
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

/** Undefined where the gate refuses the film. */
async function tensorOf(path: string, { preprocess, gate }: Manifest): Promise<Uint8Array | undefined> {
  try {
    const options = { limits: DEFAULT_LIMITS, codecs }
    const taken = await takeIn(await readFile(path), preprocess, { mode: 'refuse', spec: gate }, options)
    return taken.preprocessed.tensor
  } catch (error) {
    if (error instanceof AppError && error.code === 'image-unsuitable') return undefined
    throw error
  }
}
