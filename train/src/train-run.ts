import { join } from 'node:path'
import type * as tfl from '@tensorflow/tfjs-layers'
import { hasCheckpoint, removeStage } from './checkpoint.ts'
import type { TrainConfig } from './config.ts'
import { labelledImages } from './data/labelled.ts'
import { writeJson } from './files.ts'
import { foldName } from './folds.ts'
import type { StageResult } from './history.ts'
import { trainStage } from './loop.ts'
import { extendDomain, initialModel } from './model/architectures.ts'
import { loadModel } from './model/files.ts'
import type { OpenRun } from './open-run.ts'
import { progressPrinter } from './progress.ts'
import { withTargets } from './targets.ts'

/** Seeds of two members of an ensemble lie this far apart. */
const MEMBER_SEEDS = 1000

/** Stage one: from scratch on Data-A. @returns where model.json lies */
export async function pretrain(run: OpenRun): Promise<StageResult> {
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
  return stage(
    run,
    model,
    'pretrain',
    config.pretrain,
    {
      train: await withTargets(
        from,
        model,
        part(split.pretrain.train),
        split.pretrain.train,
        config.pretrain,
      ),
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
  return stage(
    run,
    model,
    foldName(fold, base === undefined, member),
    config.transfer,
    {
      train: await withTargets(from, model, part(lists.train), lists.train, config.transfer),
      validation: part(lists.validation),
    },
    base === undefined,
    seed,
  )
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
  if (options.restart) removeStage(dir)
  else if (!options.resume && hasCheckpoint(dir))
    throw new Error(`${dir} holds a checkpoint: go on from it with --resume, or start anew with --restart`)
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
  writeJson(join(dir, 'history.json'), result)
  console.error(`${name}: best epoch ${result.bestEpoch}; ${result.modelPath}`)
  return result
}
