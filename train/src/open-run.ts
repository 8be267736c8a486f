import { join } from 'node:path'
import { type BackendChoice, describeBackend } from './backend/names.ts'
import type { TrainConfig } from './config.ts'
import { readDataSet } from './data/data-set.ts'
import { type Dataset, openDataset } from './data/dataset.ts'
import { labelsDigest } from './data/record.ts'
import type { Protocol } from './data/split-file.ts'
import { savedSplit } from './data/split-file.ts'
import { writeJson } from './files.ts'
import { lockFolder } from './lock.ts'
import { progressPrinter } from './progress.ts'
import { identityOf, openRun } from './run.ts'

export type TrainOptions = {
  config: TrainConfig
  data: string
  cache: string
  /** The run's folder. */
  out: string
  protocol: Protocol
  /** Go on from checkpoints. */
  resume: boolean
  /** Throw away what a stage has left in the folder and start it anew. */
  restart?: boolean
  /** The run begins with pretraining: data without Data-A are refused before an image is read. */
  needsDataA?: boolean
  /** Seed of the split, apart from the seed of the weights: folds stay the same over repeated trainings. */
  splitSeed: number
}

export type OpenRun = { options: TrainOptions; dataset: Dataset; backend: BackendChoice; identity: string }

/**
 * Data and run folder: what every training command begins with. The folder is this process's until it ends.
 * @param backend what does the arithmetic, started already
 * @throws where the folder holds a run of another configuration or of other data, or another process works in it
 */
export async function prepareRun(options: TrainOptions, backend: BackendChoice): Promise<OpenRun> {
  console.error(`backend: ${describeBackend(backend)}`)
  for (const { name, reason } of backend.passedOver) console.error(`  not ${name}: ${reason}`)
  const { config, data, cache, protocol, splitSeed, out } = options
  lockFolder(out)
  const { onImages } = progressPrinter('')
  const split = savedSplit(out, protocol, splitSeed)
  const from = {
    ...readDataSet(data),
    cache,
    size: config.size,
    input: config.input,
    protocol,
    needsDataA: options.needsDataA,
    seed: splitSeed,
    onImages,
  }
  const dataset = await openDataset({ ...from, ...(split && { split }) })
  const facts = {
    config,
    preprocess: dataset.pixels.spec,
    dataDigest: dataset.digest,
    labelsDigest: labelsDigest(dataset.records),
    split: { protocol, seed: splitSeed, digest: dataset.split.digest },
    backend: { name: backend.name, device: backend.device, detail: backend.detail },
  }
  const opened = openRun(out, facts)
  if (!split) writeJson(join(out, 'split.json'), dataset.split)
  return { options, dataset, backend, identity: identityOf(opened) }
}
