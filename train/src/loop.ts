import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { type EpochRecord, readCheckpoint, saveCheckpoint } from './checkpoint.ts'
import type { StageConfig } from './config.ts'
import { weakened } from './data/augment.ts'
import { type Batch, type LabelledImages, trainingBatches } from './data/batches.ts'
import { fitClassBias } from './evaluate/calibration.ts'
import { trainableOf } from './model/architectures.ts'
import { evidenceOutside } from './model/evidence-loss.ts'
import { loadModel, saveModel } from './model/files.ts'
import type { Trainable } from './model/trainable.ts'
import { optimizerFor } from './optimizer.ts'
import { argmaxRows, predictLogits, softmaxRows } from './predict.ts'
import { type Rng, rngOf } from './rng.ts'
import { WeightAverage } from './weight-average.ts'

export type StageProgress = {
  epoch: number
  epochs: number
  batch: number
  batches: number
  loss: number
  accuracy: number
  imagesPerSecond: number
  secondsLeft: number
}

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

export type StageResult = { bestEpoch: number; bestScore: number; history: EpochRecord[]; modelPath: string }

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
  const { variables, statistics } = net
  const optimizer = optimizerFor(stage.optimizer, variables)
  const live = [...variables, ...statistics]
  const average = stage.averageDecay > 0 ? new WeightAverage(live, stage.averageDecay) : undefined
  const state = () => [...live, ...optimizer.state().tensors, ...(average?.tensors ?? [])]
  let history: EpochRecord[] = []
  let best = { score: Number.NEGATIVE_INFINITY, epoch: 0 }

  const saved = options.resume ? readCheckpoint(options.dir, options.identity) : undefined
  if (saved) {
    tf.tidy(() => {
      const slots = state()
      const tensors = saved.arrays.map((a, i) => tf.tensor(a, slots[i]!.shape))
      for (const [i, v] of live.entries()) v.assign(tensors[i]!)
      const moments = live.length + optimizer.state().tensors.length
      optimizer.restore(tensors.slice(live.length, moments), saved.steps)
      average?.restore(tensors.slice(moments), saved.steps)
    })
    history = saved.history
    best = { score: saved.bestScore, epoch: saved.bestEpoch }
  }

  for (let epoch = history.length + 1; epoch <= stage.epochs; epoch++) {
    const trained = await trainEpoch(net, data.train, stage, { ...options, epoch, optimizer, average })
    if (average) average.during(() => net.foldInto(model))
    else net.foldInto(model)
    const validation = await validate(model, data.validation, stage.batchSize)
    const record: EpochRecord = { epoch, ...trained, ...validation }
    history.push(record)
    const score = { loss: -record.validationLoss, balancedAccuracy: record.balancedAccuracy, last: epoch }[
      stage.keep
    ]
    const isBest = score > best.score
    if (isBest) {
      best = { score, epoch }
      await saveModel(model, bestDir)
    }
    const { steps } = optimizer.state()
    const arrays = await Promise.all(state().map(async (t) => (await t.data()).slice() as Float32Array))
    const { identity } = options
    saveCheckpoint(options.dir, {
      epoch,
      steps,
      bestScore: best.score,
      bestEpoch: best.epoch,
      identity,
      history,
      arrays,
    })
    options.onEpoch?.(record, isBest)
  }
  optimizer.dispose()
  average?.dispose()
  net.dispose()
  const kept = await loadModel(bestDir)
  model.setWeights(kept.getWeights())
  kept.dispose()
  if (stage.classBias) {
    await shiftClasses(model, data.validation, stage.batchSize)
    await saveModel(model, bestDir)
  }
  return { bestEpoch: best.epoch, bestScore: best.score, history, modelPath: join(bestDir, 'model.json') }
}

/** Adds to the last layer's biases what `fitClassBias` finds on the validation part. A second time it finds 0. */
export async function shiftClasses(
  model: tfl.LayersModel,
  validation: LabelledImages,
  batchSize: number,
): Promise<void> {
  const logits = await predictLogits(model, validation, batchSize)
  const shift = fitClassBias(logits, validation.labels, validation.classes)
  const last = model.layers.at(-1)!
  const [kernel, bias] = last.getWeights() as [tf.Tensor, tf.Tensor]
  tf.tidy(() => last.setWeights([kernel, tf.add(bias, tf.tensor1d(shift))]))
}

/** Statistics of the first batch of the first epoch, so that they too follow from the seed. */
function startNet(
  model: tfl.LayersModel,
  set: LabelledImages,
  stage: StageConfig,
  options: StageOptions,
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

type EpochOptions = StageOptions & {
  epoch: number
  optimizer: ReturnType<typeof optimizerFor>
  average: WeightAverage | undefined
}

async function trainEpoch(
  net: Trainable,
  set: LabelledImages,
  stage: StageConfig,
  { seed, epoch, optimizer, average, onBatch }: EpochOptions,
): Promise<
  Pick<EpochRecord, 'learningRate' | 'loss' | 'accuracy' | 'seconds' | 'imagesPerSecond' | 'inputShare'>
> {
  const { batchSize } = stage
  const batches = Math.floor(set.labels.length / batchSize)
  const started = performance.now()
  let waited = 0
  let lossSum = 0
  let right = 0
  let rate = 0
  const strength = stage.ramp > 0 ? Math.min(1, 0.25 + (0.75 * (epoch - 1)) / stage.ramp) : 1
  const augment = weakened(stage.augment, strength)
  const dropout = stage.dropout * strength
  const source = trainingBatches(set, { batchSize, seed, epoch, augment })
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
    const predicted = argmaxRows((await logits.data()) as Float32Array, set.classes)
    for (let i = 0; i < batchSize; i++) if (predicted[i] === batch.labels[i]) right++
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

/** Weighted cross-entropy with smoothed labels, and its gradients. The caller owns the results. */
function lossAndGradients(
  net: Trainable,
  batch: Batch,
  set: LabelledImages,
  stage: StageConfig,
  rng: Rng,
): { loss: tf.Scalar; logits: tf.Tensor2D; gradients: tf.Tensor[] } {
  const { variables } = net
  let kept: tf.Tensor2D | undefined
  let moments: tf.Tensor[] = []
  const { value, grads } = tf.variableGrads(() => {
    const x = tf.tensor4d(batch.x, [stage.batchSize, set.size, set.size, 1])
    const masks = dropoutMasks(net.dropoutUnits, stage, rng)
    const pass = net.forward(x, masks)
    const { logits } = pass
    kept = tf.keep(logits.clone())
    moments = pass.moments
    const hard = tf.oneHot(tf.tensor1d(batch.labels, 'int32'), set.classes)
    const target = tf.add(tf.mul(hard, 1 - stage.labelSmoothing), stage.labelSmoothing / set.classes)
    const each = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1)) // [B]
    let loss = tf.mean(tf.mul(each, tf.tensor1d(batch.weights)))
    if (batch.regions && stage.evidenceWeight > 0) {
      const { cells } = set.regions!.grid
      const regions = tf.tensor3d(batch.regions.cells, [stage.batchSize, cells, cells])
      const outside = evidenceOutside(pass, hard as tf.Tensor2D, regions, tf.tensor1d(batch.regions.weights))
      loss = tf.add(loss, tf.mul(outside, stage.evidenceWeight))
    }
    if (batch.findings && pass.auxiliary) {
      const { targets, known } = batch.findings
      const named = tf.tensor2d(targets, pass.auxiliary.shape)
      // Cross-entropy of independent findings: softplus(z) − t·z
      const each = tf.sub(tf.softplus(pass.auxiliary), tf.mul(named, pass.auxiliary))
      const perImage = tf.mul(tf.mean(each, 1), tf.tensor1d(known))
      loss = tf.add(loss, tf.mul(tf.mean(perImage), stage.findingsWeight))
    }
    if (stage.weightDecay > 0) {
      const kernels = variables.filter((v) => v.rank > 1).map((v) => tf.sum(tf.square(v)))
      loss = tf.add(loss, tf.mul(tf.addN(kernels), stage.weightDecay))
    }
    return loss as tf.Scalar
  }, variables)
  net.updateStatistics(moments)
  tf.dispose(moments)
  return { loss: value, logits: kept!, gradients: variables.map((v) => grads[v.name]!) }
}

function dropoutMasks(
  widths: readonly number[],
  { dropout, batchSize }: StageConfig,
  rng: Rng,
): tf.Tensor2D[] | undefined {
  if (dropout === 0) return undefined
  return widths.map((units) => {
    const mask = Float32Array.from({ length: batchSize * units }, () =>
      rng() < dropout ? 0 : 1 / (1 - dropout),
    )
    return tf.tensor2d(mask, [batchSize, units])
  })
}

/** Linear warm-up, then half a cosine from 1 to `finalRate` (Loshchilov & Hutter 2017, without restarts). */
export function learningRateAt(stage: StageConfig, epoch: number): number {
  if (epoch < stage.warmup) return stage.learningRate * Math.max(0.02, epoch / stage.warmup)
  const progress = (epoch - stage.warmup) / Math.max(1, stage.epochs - stage.warmup)
  return (
    stage.learningRate * (stage.finalRate + (1 - stage.finalRate) * 0.5 * (1 + Math.cos(Math.PI * progress)))
  )
}

async function validate(
  model: tfl.LayersModel,
  set: LabelledImages,
  batchSize: number,
): Promise<Pick<EpochRecord, 'validationLoss' | 'validationAccuracy' | 'balancedAccuracy'>> {
  const logits = await predictLogits(model, set, batchSize)
  const probabilities = softmaxRows(logits, set.classes)
  const predicted = argmaxRows(logits, set.classes)
  const total = new Float64Array(set.classes)
  const hit = new Float64Array(set.classes)
  let loss = 0
  let right = 0
  for (const [i, label] of set.labels.entries()) {
    const weight = set.weights[i]!
    total[label]! += weight
    loss -= weight * Math.log(Math.max(1e-12, probabilities[i * set.classes + label]!))
    if (predicted[i] !== label) continue
    hit[label]! += weight
    right++
  }
  // A small validation part may lack a class: it has no recall then.
  const recalls = [...hit].flatMap((h, c) => (total[c]! > 0 ? [h / total[c]!] : []))
  return {
    validationLoss: loss / set.labels.length,
    validationAccuracy: right / set.labels.length,
    balancedAccuracy: recalls.reduce((a, b) => a + b, 0) / recalls.length,
  }
}
