import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import type { StageConfig } from './config.ts'
import { trainingBatches } from './data/batches.ts'
import type { LabelledImages } from './data/images.ts'
import { startNet } from './loop.ts'
import { lossAndGradients } from './loss.ts'
import { optimizerFor } from './optimizer.ts'
import { rngOf } from './rng.ts'

export type RatePoint = { readonly rate: number; readonly loss: number; readonly smoothed: number }

/** What a range test found. */
export type FoundRate = {
  /** Where the loss falls fastest: what to begin with. */
  readonly suggested: number
  /** Where it was least. Beyond it training breaks. */
  readonly least: number
  readonly points: readonly RatePoint[]
}

export type RangeOptions = {
  readonly seed: number
  readonly fresh: boolean
  /** First and last rate; between them it grows by the same factor each step. */
  readonly from: number
  readonly to: number
  readonly steps: number
}

/** Share of the former mean that each step keeps. */
const MEMORY = 0.9
/** Times the least loss, beyond which the test ends. */
const DIVERGED = 4

/**
 * Range test for the learning rate (Smith 2017): trains while the rate grows from step to step until the loss breaks away, as the stage
 * would train. The model's weights are spent by it.
 * @throws RangeError where the loss never falls
 */
export async function findLearningRate(
  model: tfl.LayersModel,
  set: LabelledImages,
  stage: StageConfig,
  options: RangeOptions,
): Promise<FoundRate> {
  const { seed, from, to, steps } = options
  const net = startNet(model, set, stage, options)
  const optimizer = optimizerFor(stage.optimizer, net.variables)
  const points: RatePoint[] = []
  let mean = 0
  let least = Number.POSITIVE_INFINITY
  const batches = endless(set, stage, seed)
  for (let step = 0; step < steps; step++) {
    const rate = from * (to / from) ** (step / Math.max(1, steps - 1))
    const batch = batches.next().value!
    const pass = lossAndGradients(net, batch, set, stage, rngOf(seed, 'dropout', 0, step))
    optimizer.step(pass.gradients, rate)
    const loss = (await pass.loss.data())[0]!
    tf.dispose([pass.loss, pass.logits, pass.gradients])
    mean = MEMORY * mean + (1 - MEMORY) * loss
    const smoothed = mean / (1 - MEMORY ** (step + 1))
    if (!Number.isFinite(loss) || (step > 0 && smoothed > DIVERGED * least)) break
    least = Math.min(least, smoothed)
    points.push({ rate, loss, smoothed })
  }
  optimizer.dispose()
  net.dispose()
  return { ...chosen(points), points }
}

/** As many epochs as are asked for. */
function* endless(set: LabelledImages, { batchSize, augment, epochImages }: StageConfig, seed: number) {
  for (let epoch = 1; ; epoch++) yield* trainingBatches(set, { batchSize, seed, epoch, augment, epochImages })
}

/**
 * The rate of the steepest fall of the smoothed loss over the logarithm of the rate, before its least value.
 * @throws RangeError where it does not fall
 */
export function chosen(points: readonly RatePoint[]): Pick<FoundRate, 'suggested' | 'least'> {
  const low = points.reduce((best, p, i) => (p.smoothed < points[best]!.smoothed ? i : best), 0)
  let steepest = { at: -1, slope: 0 }
  // Over a tenth of the range: from one step to the next the loss is mostly that of the batch.
  const reach = Math.max(1, Math.round(points.length / 20))
  for (let i = reach; i + reach <= low; i++) {
    const [before, after] = [points[i - reach]!, points[i + reach]!]
    const slope = (after.smoothed - before.smoothed) / Math.log(after.rate / before.rate)
    if (slope < steepest.slope) steepest = { at: i, slope }
  }
  if (steepest.at < 0)
    throw new RangeError('the loss does not fall at any rate: begin with a smaller one, or take more steps')
  return { suggested: points[steepest.at]!.rate, least: points[low]!.rate }
}
