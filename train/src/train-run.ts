import { join } from 'node:path'
import type * as tfl from '@tensorflow/tfjs-layers'
import { hasCheckpoint, removeStage } from './checkpoint.ts'
import type { StageConfig } from './config.ts'
import { labelledImages } from './data/labelled.ts'
import { EventFile } from './event-file.ts'
import { writeJson } from './files.ts'
import { foldName } from './folds.ts'
import type { EpochRecord, StageResult } from './history.ts'
import { trainStage } from './loop.ts'
import { extendDomain, initialModel } from './model/architectures.ts'
import { loadModel } from './model/files.ts'
import type { OpenRun } from './open-run.ts'
import { progressPrinter } from './progress.ts'
import { withTargets } from './targets.ts'

/** Seeds of two members of an ensemble lie this far apart. */
const MEMBER_SEEDS = 1000

/** A stage as it begins: its network and its data. */
export type StageStart = {
  readonly name: string
  readonly model: tfl.LayersModel
  readonly config: StageConfig
  readonly data: Parameters<typeof trainStage>[1]
  /** The weights are random, or a backbone's, not those of an earlier stage. */
  readonly fresh: boolean
  readonly seed: number
}

/** Stage one: from scratch on Data-A. @returns where model.json lies */
export const pretrain = async (run: OpenRun): Promise<StageResult> => stage(run, await pretrainStart(run))

/** How stage one begins. */
export async function pretrainStart(run: OpenRun): Promise<StageStart> {
  const { config } = run.options
  const { split, byFile, pixels } = run.dataset
  const from = { dataset: run.dataset, data: run.options.data }
  const part = (files: string[]) => labelledImages(files, byFile, pixels, 'A', config.pretrain.weighting)
  const { architecture, size, seed } = config
  const model = initialModel(
    architecture,
    { size, classes: 2, activation: 'softmax', seed },
    run.options.cache,
  )
  const { train, validation } = split.pretrain
  return {
    name: 'pretrain',
    model,
    config: config.pretrain,
    data: {
      train: await withTargets(from, model, part(train), train, config.pretrain),
      validation: part(validation),
    },
    fresh: true,
    seed,
  }
}

/**
 * Stage two: the pretrained base with a new head, on Data-B without one fold.
 * @param base folder or model.json of the pretrained model; undefined trains from scratch, to show what pretraining is worth
 * @param member of the fold's ensemble, from 1 on: its own initial weights, order of images and changes to them
 */
export const transfer = async (
  run: OpenRun,
  fold: number,
  base: string | undefined,
  member = 1,
): Promise<StageResult> => stage(run, await transferStart(run, fold, base, member))

/** How stage two begins. @see transfer */
export async function transferStart(
  run: OpenRun,
  fold: number,
  base: string | undefined,
  member = 1,
): Promise<StageStart> {
  const { config } = run.options
  const seed = config.seed + MEMBER_SEEDS * (member - 1)
  const { split, byFile, pixels } = run.dataset
  const from = { dataset: run.dataset, data: run.options.data }
  const lists = split.folds[fold]
  if (!lists) throw new Error(`fold ${fold}: there are ${split.folds.length}, counted from 0`)
  const part = (files: string[]) => labelledImages(files, byFile, pixels, 'B', config.transfer.weighting)
  const { ids, list } = byFile
  const head = {
    classes: ids.length,
    activation: list.labelling === 'multi' ? 'sigmoid' : 'softmax',
  } as const
  let model: tfl.LayersModel
  if (base === undefined) {
    model = initialModel(config.architecture, { size: config.size, ...head, seed }, run.options.cache)
  } else {
    const pretrained = await loadModel(base)
    model = extendDomain(pretrained, head.classes, seed + 1, head.activation)
    pretrained.dispose()
  }
  return {
    name: foldName(fold, base === undefined, member),
    model,
    config: config.transfer,
    data: {
      train: await withTargets(from, model, part(lists.train), lists.train, config.transfer),
      validation: part(lists.validation),
    },
    fresh: base === undefined,
    seed,
  }
}

async function stage(
  run: OpenRun,
  { name, model, config, data, fresh, seed }: StageStart,
): Promise<StageResult> {
  const { options, identity } = run
  const { onBatch, onEpoch } = progressPrinter(name)
  const dir = join(options.out, name)
  if (options.restart) removeStage(dir)
  else if (!options.resume && hasCheckpoint(dir))
    throw new Error(`${dir} holds a checkpoint: go on from it with --resume, or start anew with --restart`)
  console.error(
    `${name}: ${data.train.labels.length} images to train on, ${data.validation.labels.length} to validate`,
  )
  const events = new EventFile(dir)
  const result = await trainStage(model, data, config, {
    seed,
    dir,
    resume: options.resume,
    fresh,
    identity: `${identity}/${name}`,
    onBatch,
    onEpoch: (record, best) => {
      onEpoch(record, best)
      events.scalars(record.epoch, scalarsOf(record))
    },
  })
  model.dispose()
  writeJson(join(dir, 'history.json'), result)
  console.error(`${name}: best epoch ${result.bestEpoch}; ${result.modelPath}`)
  return result
}

/** An epoch as TensorBoard groups it. */
const scalarsOf = (record: EpochRecord): Record<string, number> => ({
  'loss/training': record.loss,
  'loss/validation': record.validationLoss,
  'accuracy/training': record.accuracy,
  'accuracy/validation': record.validationAccuracy,
  'accuracy/validation, balanced': record.balancedAccuracy,
  'pace/images a second': record.imagesPerSecond,
  'learning rate': record.learningRate,
})
