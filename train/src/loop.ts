import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { type Checkpoint, readCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { shiftClasses } from './class-bias.ts'
import type { StageConfig } from './config.ts'
import { trainingBatches } from './data/batches.ts'
import type { Batch, LabelledImages } from './data/images.ts'
import { trainEpoch } from './epoch.ts'
import type { EpochRecord, StageResult } from './history.ts'
import { trainableOf } from './model/architectures.ts'
import { loadModel, saveModel } from './model/files.ts'
import type { Trainable } from './model/trainable.ts'
import { type Optimizer, optimizerFor } from './optimizer.ts'
import { predictLogits } from './predict.ts'
import type { StageProgress } from './progress.ts'
import { validationFigures } from './validation.ts'
import { WeightAverage } from './weight-average.ts'

export type StageOptions = {
  seed: number
  /** Gets checkpoint.bin each epoch, and best/ with the model of the best epoch. */
  dir: string
  /** Go on from the checkpoint in `dir`, if there is one of the same identity. */
  resume: boolean
  /** The model's weights are random, not those of an earlier stage. */
  fresh: boolean
  /** Hash of configuration and data. */
  identity: string
  onBatch?: (progress: StageProgress) => void
  onEpoch?: (record: EpochRecord, best: boolean) => void
}

/**
 * Trains the blocks from `stage.trainFrom` on and keeps the best epoch's weights, in `dir`/best and in `model`.
 * Every random number follows from (seed, epoch, image), so a resumed run ends where an unbroken one does.
 */
export async function trainStage(
  model: tfl.LayersModel,
  data: { train: LabelledImages; validation: LabelledImages },
  stage: StageConfig,
  options: StageOptions,
): Promise<StageResult> {
  mkdirSync(options.dir, { recursive: true })
  const bestDir = join(options.dir, 'best')
  const net = startNet(model, data.train, stage, options)
  const { batchSize } = stage
  const state = stateOf(net, stage)
  const { optimizer, average } = state
  const history: EpochRecord[] = []
  let best = { score: Number.NEGATIVE_INFINITY, epoch: 0 }
  const saved = options.resume ? readCheckpoint(options.dir, options.identity) : undefined
  if (saved) {
    state.restore(saved)
    history.push(...saved.history)
    best = { score: saved.bestScore, epoch: saved.bestEpoch }
  }

  const { patience = Number.POSITIVE_INFINITY } = stage
  for (let epoch = history.length + 1; epoch <= stage.epochs && epoch - best.epoch <= patience; epoch++) {
    const trained = await trainEpoch(net, data.train, stage, { ...options, epoch, optimizer, average })
    if (average) average.during(() => net.foldInto(model))
    else net.foldInto(model)
    const logits = await predictLogits(model, data.validation, batchSize)
    const record: EpochRecord = { epoch, ...trained, ...validationFigures(logits, data.validation) }
    history.push(record)
    const scores = { loss: -record.validationLoss, balancedAccuracy: record.balancedAccuracy, last: epoch }
    const isBest = scores[stage.keep] > best.score
    if (isBest) {
      best = { score: scores[stage.keep], epoch }
      await saveModel(model, bestDir)
    }
    const { identity, dir } = options
    const numbers = { epoch, bestScore: best.score, bestEpoch: best.epoch, identity, history }
    saveCheckpoint(dir, { ...numbers, ...(await state.values()) })
    options.onEpoch?.(record, isBest)
  }
  state.dispose()
  net.dispose()
  const kept = await loadModel(bestDir)
  model.setWeights(kept.getWeights())
  kept.dispose()
  if (stage.classBias) {
    const logits = await predictLogits(model, data.validation, batchSize)
    shiftClasses(model, logits, data.validation)
    await saveModel(model, bestDir)
  }
  return { bestEpoch: best.epoch, bestScore: best.score, history, modelPath: join(bestDir, 'model.json') }
}

/** All that a step changes: what a checkpoint must hold. */
type TrainingState = {
  optimizer: Optimizer
  average: WeightAverage | undefined
  values(): Promise<Pick<Checkpoint, 'steps' | 'arrays'>>
  restore(saved: Checkpoint): void
  dispose(): void
}

function stateOf(net: Trainable, stage: StageConfig): TrainingState {
  const live = [...net.variables, ...net.statistics]
  const optimizer = optimizerFor(stage.optimizer, net.variables)
  const average = stage.averageDecay > 0 ? new WeightAverage(live, stage.averageDecay) : undefined
  const tensors = () => [...live, ...optimizer.state().tensors, ...(average?.tensors ?? [])]
  return {
    optimizer,
    average,
    values: async () => ({
      steps: optimizer.state().steps,
      arrays: await Promise.all(tensors().map(async (t) => (await t.data()).slice() as Float32Array)),
    }),
    restore: ({ arrays, steps }) =>
      tf.tidy(() => {
        const slots = tensors()
        const restored = arrays.map((a, i) => tf.tensor(a, slots[i]!.shape))
        for (const [i, v] of live.entries()) v.assign(restored[i]!)
        const moments = live.length + optimizer.state().tensors.length
        optimizer.restore(restored.slice(live.length, moments), steps)
        average?.restore(restored.slice(moments), steps)
      }),
    dispose: () => {
      optimizer.dispose()
      average?.dispose()
    },
  }
}

/** Statistics of the first batch of the first epoch, so that they too follow from the seed. */
export function startNet(
  model: tfl.LayersModel,
  set: LabelledImages,
  stage: StageConfig,
  options: Pick<StageOptions, 'seed' | 'fresh'>,
): Trainable {
  const { seed, fresh } = options
  const { batchSize, augment, trainFrom, normalise } = stage
  const batch = trainingBatches(set, { batchSize, seed, epoch: 0, augment }).next().value as Batch | undefined
  if (!batch) throw new Error(`${set.labels.length} images do not fill a batch of ${batchSize}`)
  const sample = tf.tensor4d(batch.x, [batchSize, set.size, set.size, 1])
  const net = trainableOf(model, sample, {
    trainFrom,
    normalise,
    fresh,
    auxiliary: stage.findingsWeight > 0 ? (set.findings?.names.length ?? 0) : 0,
  })
  sample.dispose()
  return net
}
