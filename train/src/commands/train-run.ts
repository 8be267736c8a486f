import { join } from 'node:path'
import type * as tfl from '@tensorflow/tfjs-layers'
import { type BackendChoice, type BackendName, describeBackend, selectBackend } from '../backend/select.ts'
import type { StageConfig, TrainConfig } from '../config.ts'
import type { LabelledImages } from '../data/batches.ts'
import { findingsOf, labelledImages } from '../data/labelled.ts'
import { readRegions, regionMasks } from '../data/regions.ts'
import type { Split } from '../data/split.ts'
import { type StageResult, trainStage } from '../loop.ts'
import { extendDomain, initialModel } from '../model/architectures.ts'
import { loadModel, writeWhole } from '../model/files.ts'
import { camGridOf, camLayerOf } from '../model/trunk.ts'
import { progressPrinter } from '../progress.ts'
import { identityOf, openRun, savedSplit } from '../run.ts'
import { type Dataset, openDataset } from './dataset.ts'
import { foldName } from './fold-dirs.ts'

export type TrainOptions = {
  config: TrainConfig
  data: string
  cache: string
  /** The run's folder. */
  out: string
  protocol: Split['protocol']
  resume: boolean
  backend?: BackendName
  /** Seed of the split, apart from the seed of the weights: folds stay the same over repeated trainings. */
  splitSeed: number
}

export type OpenRun = { options: TrainOptions; dataset: Dataset; backend: BackendChoice; identity: string }

/** Backend, data and run folder: what every training command begins with. */
export async function prepareRun(options: TrainOptions): Promise<OpenRun> {
  const backend = await selectBackend(options.backend ? { only: options.backend } : {})
  console.error(`backend: ${describeBackend(backend)}`)
  for (const { name, reason } of backend.passedOver) console.error(`  not ${name}: ${reason}`)
  const { config, data, cache, protocol, splitSeed } = options
  const onImages = progressPrinter('').onImages
  const split = savedSplit(options.out, protocol, splitSeed)
  const dataset = await openDataset({
    data,
    cache,
    size: config.size,
    protocol,
    seed: splitSeed,
    onImages,
    ...(split && { split }),
  })
  const facts = {
    config,
    preprocess: dataset.pixels.spec,
    dataDigest: dataset.digest,
    split: { protocol, seed: splitSeed, digest: dataset.split.digest },
    backend: { name: backend.name, device: backend.device, detail: backend.detail },
  }
  openRun(options.out, facts, dataset.split)
  return { options, dataset, backend, identity: identityOf(facts) }
}

/** Seeds of two members of an ensemble lie this far apart. */
const MEMBER_SEEDS = 1000

/** Stage one: from scratch on Data-A. @returns where model.json lies */
export async function pretrain(run: OpenRun): Promise<StageResult> {
  const { config } = run.options
  const { split, byFile, pixels } = run.dataset
  const part = (files: string[]) => labelledImages(files, byFile, pixels, 'A', config.pretrain.weighting)
  const { architecture, size, seed } = config
  const model = initialModel(architecture, { size, classes: 2, seed }, run.options.cache)
  return stage(
    run,
    model,
    'pretrain',
    config.pretrain,
    {
      train: await withTargets(run, model, part(split.pretrain.train), split.pretrain.train, config.pretrain),
      validation: part(split.pretrain.validation),
    },
    true,
  )
}

/**
 * Stage two: the pretrained base with a new head, on Data-B without one fold.
 * @param base folder or model.json of the pretrained model; undefined trains from scratch, to show what pretraining is worth
 * @param member of the fold's ensemble, from 1 on: its own initial weights, order of images and changes to them
 */
export async function transfer(
  run: OpenRun,
  fold: number,
  base: string | undefined,
  member = 1,
): Promise<StageResult> {
  const { config } = run.options
  const seed = config.seed + MEMBER_SEEDS * (member - 1)
  const { split, byFile, pixels } = run.dataset
  const lists = split.folds[fold]
  if (!lists) throw new Error(`fold ${fold}: there are ${split.folds.length}, counted from 0`)
  const part = (files: string[]) => labelledImages(files, byFile, pixels, 'B', config.transfer.weighting)
  let model: tfl.LayersModel
  if (base === undefined) {
    model = initialModel(config.architecture, { size: config.size, classes: 4, seed }, run.options.cache)
  } else {
    const pretrained = await loadModel(base)
    model = extendDomain(pretrained, 4, seed + 1)
    pretrained.dispose()
  }
  return stage(
    run,
    model,
    foldName(fold, base === undefined, member),
    config.transfer,
    {
      train: await withTargets(run, model, part(lists.train), lists.train, config.transfer),
      validation: part(lists.validation),
    },
    base === undefined,
    seed,
  )
}

/** Adds the regions and findings that the stage's loss asks for. */
async function withTargets(
  { dataset, options }: OpenRun,
  model: tfl.LayersModel,
  set: LabelledImages,
  files: readonly string[],
  { evidenceWeight, findingsWeight }: StageConfig,
): Promise<LabelledImages> {
  const out = { ...set }
  if (findingsWeight > 0) out.findings = findingsOf(files, dataset.byFile)
  if (evidenceWeight > 0) {
    const cells = model.getLayer(camLayerOf(model)).outputShape[1] as number
    const grid = { cells, ...camGridOf(model) }
    out.regions = await regionMasks(files, dataset.pixels, readRegions(options.data), grid)
  }
  return out
}

async function stage(
  run: OpenRun,
  model: tfl.LayersModel,
  name: string,
  config: TrainConfig['transfer'],
  data: Parameters<typeof trainStage>[1],
  fresh: boolean,
  seed = run.options.config.seed,
): Promise<StageResult> {
  const { options, identity } = run
  const { onBatch, onEpoch } = progressPrinter(name)
  const dir = join(options.out, name)
  console.error(
    `${name}: ${data.train.labels.length} images to train on, ${data.validation.labels.length} to validate`,
  )
  const result = await trainStage(model, data, config, {
    seed,
    dir,
    resume: options.resume,
    fresh,
    identity: `${identity}/${name}`,
    onBatch,
    onEpoch,
  })
  model.dispose()
  writeWhole(join(dir, 'history.json'), `${JSON.stringify(result, null, 1)}\n`)
  console.error(`${name}: best epoch ${result.bestEpoch}; ${result.modelPath}`)
  return result
}
