import type { AugmentConfig } from './data/augment.ts'
import type { Weighting } from './data/labelled.ts'
import type { Architecture } from './model/architectures.ts'
import type { OptimizerConfig } from './optimizer.ts'

/** One stage of training: pretraining on Data-A or transfer to Data-B. */
export type StageConfig = {
  epochs: number
  batchSize: number
  optimizer: OptimizerConfig
  /** At the start; annealed by a cosine to `finalRate` of it. */
  learningRate: number
  finalRate: number
  /** Epochs over which the rate rises linearly first. */
  warmup: number
  /** From here on it is trained; what lies before keeps its weights. A block of detl12 (`transfer.ts`), or a layer. */
  trainFrom: string
  /** Epochs over which augmentation and dropout rise from a quarter to their full strength. */
  ramp: number
  /** detl12: batch normalisation while training, folded into kernels and biases when the model is saved. */
  normalise: boolean
  /** Rate of dropout on the two hidden dense layers. */
  dropout: number
  labelSmoothing: number
  /** L2 on kernels, as a factor of the loss. */
  weightDecay: number
  weighting: Weighting
  /** Of the moving average of the weights that is validated and kept, per step; 0 keeps the weights themselves. */
  averageDecay: number
  /** Factor of the cross-entropy of the radiological findings, predicted by an auxiliary head while training; 0 leaves it out. */
  findingsWeight: number
  /** Factor of the share of Grad-CAM that lies outside the known regions (`evidence-loss.ts`); 0 leaves it out. */
  evidenceWeight: number
  augment: AugmentConfig
  /**
   * Which epoch's weights are kept: best mean recall over the classes, or lowest loss, on the validation part; or the last,
   * for schedules that end near 0, where the choice would follow the noise of a small validation part.
   */
  keep: 'balancedAccuracy' | 'loss' | 'last'
  /** Shift the last layer's biases so that classes are called as often as they are true on the validation part. */
  classBias: boolean
}

export type TrainConfig = {
  name: string
  architecture: Architecture
  /** S */
  size: number
  seed: number
  pretrain: StageConfig
  transfer: StageConfig
}

type Changes<T> = { [K in keyof T]?: T[K] extends object ? Changes<T[K]> | T[K] : T[K] }

/** A configuration as what differs from another one. */
export function differing(base: TrainConfig, changes: Changes<TrainConfig>): TrainConfig {
  return merge(base, changes) as TrainConfig
}

function merge(base: unknown, changes: unknown): unknown {
  if (typeof base !== 'object' || base === null || typeof changes !== 'object' || changes === null)
    return changes
  if ('kind' in changes) return changes // another optimiser has other fields
  const out: Record<string, unknown> = { ...(base as Record<string, unknown>) }
  for (const [key, value] of Object.entries(changes)) out[key] = key in out ? merge(out[key], value) : value
  return out
}
