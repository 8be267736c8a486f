import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@detl/core/api/problem'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { readCheckpoint, saveCheckpoint } from '../checkpoint.ts'
import { loadModel, saveModel } from '../model/files.ts'
import { optimizerFor } from '../optimizer.ts'
import { batchesPerEpoch, type LungBatch, lungBatches } from './lung-batches.ts'
import type { LungImage } from './lung-image.ts'
import { lungLoss } from './lung-loss.ts'
import { LUNG_SIZE, LungTraining, lungNet, PLANES } from './net.ts'

export type LungTrainOptions = {
  /** Gets checkpoint.bin each epoch, and at the end best/ with the model. */
  readonly dir: string
  readonly epochs: number
  readonly seed: number
  readonly resume: boolean
  /** Of configuration and data: a checkpoint of another one is refused. */
  readonly identity: string
  /** A network to go on from, instead of random weights. */
  readonly from?: string
  readonly onEpoch?: (record: { epoch: number; loss: number; seconds: number }) => void
}

const BATCH = 8
const RATE = 3e-3
/** The share of the training from which on the rate falls, and the changes of the images get weaker: it ends on films as they are met. */
const FALL_FROM = 0.7
const LAST_STRENGTH = 0.4
/** How far into its last part a training is, 0 … 1. @param at of the whole, 0 … 1 */
const fallen = (at: number): number => Math.max(0, (at - FALL_FROM) / (1 - FALL_FROM))
const ADAM = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const

/** Trains the network on all images given and keeps the last epoch's weights: the rate has fallen to nothing by then. */
export async function trainLungs(
  images: readonly LungImage[],
  options: LungTrainOptions,
): Promise<tfl.LayersModel> {
  if (batchesPerEpoch(images, BATCH) === 0)
    throw new AppError(
      'request-invalid',
      `${images.length} images are too few to train on: a batch has ${BATCH} (those with outlines, and up to 64 of each other kind)`,
    )
  mkdirSync(options.dir, { recursive: true })
  const model = lungNet(LUNG_SIZE, options.seed)
  const net = new LungTraining(model)
  if (options.from) await startFrom(net, model, options.from, images, options.seed)
  const optimizer = optimizerFor(ADAM, net.variables)
  const live = () => [...net.variables, ...net.statistics, ...optimizer.state().tensors]
  const saved = options.resume ? readCheckpoint(options.dir, options.identity) : undefined
  if (saved)
    tf.tidy(() => {
      const values = live().map((v, i) => tf.tensor(saved.arrays[i]!, v.shape))
      const own = net.variables.length + net.statistics.length
      for (const [i, v] of [...net.variables, ...net.statistics].entries()) v.assign(values[i]!)
      optimizer.restore(values.slice(own), saved.steps)
    })
  for (let epoch = (saved?.epoch ?? 0) + 1; epoch <= options.epochs; epoch++) {
    const started = performance.now()
    const loss = await trainEpoch(net, optimizer.step, images, options, epoch)
    options.onEpoch?.({ epoch, loss, seconds: (performance.now() - started) / 1000 })
    const arrays = await Promise.all(live().map(async (t) => (await t.data()).slice() as Float32Array))
    const { identity } = options
    const { steps } = optimizer.state()
    saveCheckpoint(options.dir, {
      epoch,
      steps,
      bestScore: 0,
      bestEpoch: epoch,
      identity,
      history: [],
      arrays,
    })
  }
  net.foldInto(model)
  await saveModel(model, join(options.dir, 'best'))
  net.dispose()
  optimizer.dispose()
  return model
}

/** Statistics of the first batch of the first epoch, so that they too follow from the seed. */
async function startFrom(
  net: LungTraining,
  model: tfl.LayersModel,
  dir: string,
  images: readonly LungImage[],
  seed: number,
): Promise<void> {
  const saved = await loadModel(dir)
  if (shapesOf(saved) !== shapesOf(model))
    throw new Error(`the network in ${dir} is of another architecture: train without --from`)
  const batch = lungBatches(images, { batchSize: BATCH, seed, epoch: 0, strength: 1 }).next()
    .value as LungBatch
  const sample = tf.tensor4d(batch.x, [BATCH, LUNG_SIZE, LUNG_SIZE, 1])
  net.startFrom(saved, sample)
  sample.dispose()
  saved.dispose()
}

const shapesOf = (model: tfl.LayersModel): string =>
  model.layers.map((layer) => `${layer.name} ${layer.getWeights().map(({ shape }) => `[${shape}]`)}`).join()

type Step = (gradients: readonly tf.Tensor[], rate: number) => void

async function trainEpoch(
  net: LungTraining,
  step: Step,
  images: readonly LungImage[],
  { epochs, seed, from }: LungTrainOptions,
  epoch: number,
): Promise<number> {
  let sum = 0
  let count = 0
  const perEpoch = batchesPerEpoch(images, BATCH)
  const strength = 1 - (1 - LAST_STRENGTH) * fallen((epoch - 1) / epochs)
  for (const batch of lungBatches(images, { batchSize: BATCH, seed, epoch, strength })) {
    const at = Math.min(1, (epoch - 1 + count / perEpoch) / epochs)
    const warm = Math.min(1, (epoch - 1 + count / perEpoch + 0.05) / 1)
    const rate = (from === undefined ? RATE : RATE / 2) * warm * 0.5 * (1 + Math.cos(Math.PI * fallen(at)))
    const { loss, gradients, moments } = lossAndGradients(net, batch)
    step(gradients, rate)
    net.updateStatistics(moments)
    sum += (await loss.data())[0]!
    count++
    tf.dispose([loss, gradients, moments])
    await new Promise(setImmediate) // signals get their turn
  }
  if (!Number.isFinite(sum))
    throw new Error(`the loss of epoch ${epoch} is not a number: lower the learning rate`)
  return sum / count
}

function lossAndGradients(net: LungTraining, batch: LungBatch) {
  const [moments, { value, grads }] = tf.tidy(() => {
    const cells = LUNG_SIZE / 2
    const x = tf.tensor4d(batch.x, [BATCH, LUNG_SIZE, LUNG_SIZE, 1])
    const targets = tf.tensor4d(batch.targets, [BATCH, cells, cells, PLANES.length])
    const weights = tf.tensor4d(batch.weights, [BATCH, cells, cells, PLANES.length])
    const moments: tf.Tensor[] = []
    const found = tf.variableGrads(() => lungLoss(net.forward(x, moments), targets, weights), net.variables)
    return [moments, found] as const
  })
  return { loss: value, gradients: net.variables.map((v) => grads[v.name]!), moments }
}
