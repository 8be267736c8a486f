import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { manifestSchema } from '@detl/core/model/manifest'
import { exportArtifact } from '@detl/export/artifact'
import { dataDigest, type ImageRecord } from '@detl/train/data/record'
import { readFolder } from '@detl/train/data/sources/folder'
import { readPredictions } from '@detl/train/evaluate/predictions'
import type { Report } from '@detl/train/evaluate/report'
import { readRun, readSplit } from '@detl/train/run'
import { modelCard } from './model-card.ts'

export type ShipOptions = {
  /** A run's folder, with the fold trained and `report/` written. */
  readonly run: string
  readonly fold: number
  /** The data folder that the run was trained on: names sources and licences. */
  readonly data: string
  /** Folder of the model: its last part is the model's name. */
  readonly out: string
  readonly name: string
  readonly version: string
}

/**
 * A trained fold as a model that can be served: model.onnx, manifest.json, MODEL_CARD.md and the report.
 * @returns the size of model.onnx in bytes
 * @throws Error when the run lacks the fold, its predictions or its report, or the data are not those of the run
 */
export async function ship(options: ShipOptions): Promise<number> {
  const run = readRun(options.run)
  const fold = readSplit(options.run).folds[options.fold]
  const predictions = readPredictions(join(options.run, `fold-${options.fold}`, 'predictions.json'))
  if (!fold || !predictions) {
    throw new Error(
      `${options.run}: fold ${options.fold} has no predictions; run \`detl train evaluate\` first`,
    )
  }
  const report = JSON.parse(await readFile(join(options.run, 'report', 'report.json'), 'utf8')) as Report
  const records = readFolder(options.data)
  if (dataDigest(records) !== run.dataDigest) {
    throw new Error(`${options.data} is not the data of this run: its digest is ${dataDigest(records)}`)
  }
  const { pretrain } = readSplit(options.run)
  const seen = imagesOf(records, [
    ...pretrain.train,
    ...pretrain.validation,
    ...fold.train,
    ...fold.validation,
  ])
  const { operatingPoints } = report
  const artifact = exportArtifact({
    model: join(options.run, `fold-${options.fold}`, 'best'),
    out: options.out,
    manifest: {
      name: options.name,
      version: options.version,
      createdAt: new Date().toISOString(),
      preprocess: run.preprocess,
      temperature: predictions.temperature,
      ...(isComplete(operatingPoints) && { operatingPoints }),
      data: { digest: dataDigest(seen), images: seen.length, sources: sourcesOf(seen) },
      training: {
        code: run.code,
        backend: `${run.backend.name} on ${run.backend.device}`,
        seed: run.config.seed,
        summary: `${run.config.name}: pretrained on Data-A, transferred to Data-B without fold ${options.fold} of the ${run.split.protocol} protocol (seed ${run.split.seed})`,
      },
    },
  })
  await writeFile(join(options.out, 'MODEL_CARD.md'), modelCard(artifact.manifest, report))
  await mkdir(join(options.out, 'report'), { recursive: true })
  await cp(join(options.run, 'report'), join(options.out, 'report'), { recursive: true })
  return artifact.bytes
}

const pointsSchema = manifestSchema.shape.operatingPoints.unwrap()
type Points = NonNullable<ReturnType<typeof manifestSchema.parse>['operatingPoints']>

/** Whether every class has its points: a report of few images may lack some. */
const isComplete = (points: Report['operatingPoints']): points is Points =>
  pointsSchema.safeParse(points).success

function imagesOf(records: readonly ImageRecord[], files: readonly string[]): ImageRecord[] {
  const byFile = new Map(records.map((record) => [record.file, record]))
  return [...new Set(files)].map((file) => {
    const record = byFile.get(file)
    if (!record) throw new Error(`the split names ${file}, which the data do not have`)
    return record
  })
}

function sourcesOf(records: readonly ImageRecord[]) {
  const names = [...new Set(records.map((record) => record.dataset))].sort()
  return names.map((name) => {
    const of = records.filter((record) => record.dataset === name)
    return {
      name,
      images: of.length,
      licences: [...new Set(of.map((record) => record.licence.trim() || 'not stated'))].sort(),
    }
  })
}
