import * as tf from '@tensorflow/tfjs-core'
import type { StageConfig } from './config.ts'
import { weakened } from './data/augment.ts'
import { trainingBatches } from './data/batches.ts'
import type { Batch, LabelledImages } from './data/images.ts'
import type { EpochRecord } from './history.ts'
import { lossAndGradients } from './loss.ts'
import type { Trainable } from './model/trainable.ts'
import type { Optimizer } from './optimizer.ts'
import type { StageProgress } from './progress.ts'
import { rngOf } from './rng.ts'
import { argmaxRows } from './softmax.ts'
import type { WeightAverage } from './weight-average.ts'

type EpochOptions = {
  seed: number
  epoch: number
  optimizer: Optimizer
  average: WeightAverage | undefined
  onBatch?: (progress: StageProgress) => void
}

/** All batches of one epoch. @throws where the loss is no number */
export async function trainEpoch(
  net: Trainable,
  set: LabelledImages,
  stage: StageConfig,
  { seed, epoch, optimizer, average, onBatch }: EpochOptions,
): Promise<
  Pick<EpochRecord, 'learningRate' | 'loss' | 'accuracy' | 'seconds' | 'imagesPerSecond' | 'inputShare'>
> {
  const { batchSize } = stage
  const batches = Math.floor((stage.epochImages || set.labels.length) / batchSize)
  const started = performance.now()
  let waited = 0
  let lossSum = 0
  let right = 0
  let rate = 0
  const strength = stage.ramp > 0 ? Math.min(1, 0.25 + (0.75 * (epoch - 1)) / stage.ramp) : 1
  const augment = weakened(stage.augment, strength)
  const dropout = stage.dropout * strength
  const source = trainingBatches(set, { batchSize, seed, epoch, augment, epochImages: stage.epochImages })
  for (let b = 0; b < batches; b++) {
    const asked = performance.now()
    const batch = source.next().value as Batch
    waited += performance.now() - asked

    rate = learningRateAt(stage, epoch - 1 + b / batches)
    const { loss, logits, gradients } = lossAndGradients(
      net,
      batch,
      set,
      { ...stage, dropout },
      rngOf(seed, 'dropout', epoch, b),
    )
    optimizer.step(gradients, rate)
    average?.update()
    lossSum += (await loss.data())[0]!
    right += rightOf((await logits.data()) as Float32Array, batch, set.classes)
    tf.dispose([loss, logits, gradients])

    const done = b + 1
    const seconds = (performance.now() - started) / 1000
    onBatch?.({
      epoch,
      epochs: stage.epochs,
      batch: done,
      batches,
      loss: lossSum / done,
      accuracy: right / (done * batchSize),
      imagesPerSecond: (done * batchSize) / seconds,
      secondsLeft: (seconds / done) * (batches - done + (stage.epochs - epoch) * batches),
    })
    await new Promise(setImmediate) // signals and timers get their turn
  }
  const seconds = (performance.now() - started) / 1000
  if (!Number.isFinite(lossSum))
    throw new Error(`the loss of epoch ${epoch} is not a number: lower the learning rate`)
  return {
    learningRate: rate,
    loss: lossSum / batches,
    accuracy: right / (batches * batchSize),
    seconds,
    imagesPerSecond: (batches * batchSize) / seconds,
    inputShare: waited / 1000 / seconds,
  }
}

/** How many images of a batch were recognised; of multi-label ones the share of their classes counts. */
function rightOf(logits: Float32Array, { labels, targets }: Batch, classes: number): number {
  if (targets) return targets.reduce((n, t, i) => n + (logits[i]! > 0 === t > 0.5 ? 1 : 0), 0) / classes
  const predicted = argmaxRows(logits, classes)
  return labels.reduce((n, label, i) => n + (predicted[i] === label ? 1 : 0), 0)
}

/** Linear warm-up, then half a cosine from 1 to `finalRate` (Loshchilov & Hutter 2017, without restarts). */
export function learningRateAt(stage: StageConfig, epoch: number): number {
  if (epoch < stage.warmup) return stage.learningRate * Math.max(0.02, epoch / stage.warmup)
  const progress = (epoch - stage.warmup) / Math.max(1, stage.epochs - stage.warmup)
  return (
    stage.learningRate * (stage.finalRate + (1 - stage.finalRate) * 0.5 * (1 + Math.cos(Math.PI * progress)))
  )
}
