import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import { parseReference } from '@detl/core/drift/reference'
import { parseFacts } from '@detl/core/model/facts'
import { type Artifact, exportArtifact } from '@detl/export/artifact'
import { lungsFor } from '@detl/export/regions/folders'
import type { Report } from '@detl/train/evaluate/report'
import { foldName } from '@detl/train/folds'
import { SHIPPED_MODELS } from '../model-dir.ts'
import { modelCard } from './model-card.ts'

export type ShipOptions = {
  /** A run's folder whose fold went through `detl train evaluate` and `detl train artifact`. */
  readonly run: string
  readonly fold: number
  /** The fold that was trained without Data-A, and the report of those. */
  readonly fromScratch: boolean
  /** Folder of the model that is written. */
  readonly out: string
  /** Folder of the network that outlines lungs; false: none; by default that of the model that `out` holds. */
  readonly lungs?: string | false | undefined
}

const SHIPPED_REPORT = ['report.html', 'report.json', 'predictions.csv']

/**
 * A trained fold as a model that can be served: what `detl export` writes (model.onnx, manifest.json), MODEL_CARD.md, report/, and
 * reference.json where the fold has one, which drift is judged against.
 * @returns what was exported
 * @throws AppError request-invalid that names the missing file and the command that writes it
 */
export async function ship({ run, fold, fromScratch, out, lungs }: ShipOptions): Promise<Artifact> {
  const dir = join(run, foldName(fold, fromScratch))
  const reports = join(run, fromScratch ? 'report-scratch' : 'report')
  const facts = parseFacts(await readJson(join(dir, 'facts.json'), 'artifact'))
  const report = await readJson<Report>(join(reports, 'report.json'), 'evaluate')
  const artifact = exportArtifact({
    model: join(dir, 'best'),
    out,
    facts,
    lungs: lungsFor(out, lungs, [SHIPPED_MODELS]),
  })
  await writeFile(join(out, 'MODEL_CARD.md'), modelCard(artifact.manifest, report))
  const reference = join(dir, 'reference.json')
  if (existsSync(reference)) {
    parseReference(await readJson(reference, 'artifact'), artifact.manifest)
    await cp(reference, join(out, 'reference.json'))
  }
  // gallery.html shows images of the data set, which are not ours to pass on.
  await mkdir(join(out, 'report'), { recursive: true })
  for (const file of SHIPPED_REPORT) await cp(join(reports, file), join(out, 'report', file))
  return artifact
}

async function readJson<T>(path: string, command: string): Promise<T> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new AppError('request-invalid', `${path} cannot be read; \`detl train ${command}\` writes it`, {
      cause,
    })
  })
  return JSON.parse(text) as T
}
