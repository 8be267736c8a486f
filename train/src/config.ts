import type { PreprocessSpec } from '@detl/core/preprocess/spec'

/** The paper's network, the stronger one beside it, and others of Keras to try; each is the `name` of its LayersModel. */
export const ARCHITECTURES = ['detl12', 'mobilenet-v2', 'mobilenet-v1', 'efficientnet-b0'] as const
export type Architecture = (typeof ARCHITECTURES)[number]

/**
 * How much each image counts in the loss.
 * - `none`: 1 each.
 * - `class`: every class the same in total.
 * - `within-source`: in every dataset the classes count the same, so that the source says nothing about the class.
 * - `class-and-source`: every class the same in total; within a class a dataset counts by the root of its size, so that
 *   rare pairs (pneumonia from a COVID collection) are heard.
 */
export type Weighting = 'none' | 'class' | 'within-source' | 'class-and-source'

export type OptimizerConfig =
  | { kind: 'adam'; beta1: number; beta2: number; epsilon: number }
  | { kind: 'sgd'; momentum: number }

/** Ranges of random changes; a field of 0 turns one off. Chances are per image. */
export type AugmentConfig = {
  /** The paper's three. Degrees, ± */
  rotation: number
  /** Share, ±: 0.1 is 0.9 … 1.1 */
  scaling: number
  /** Chance of left–right mirroring. */
  mirroring: number
  /** Shift as a share of the side, ± */
  shift: number

  // Against shortcuts: what tells the sources apart is made to vary within each of them.
  /** Chance of a crop with another aspect ratio, padded as preprocessing would: bars say nothing then. */
  reframe: number
  /** Least share of a side that such a crop keeps. */
  reframeKeep: number
  /** Gamma is exp(±): 0.3 is 0.74 … 1.35 */
  gamma: number
  /** Contrast about the middle, share ±; brightness, share of the range ± */
  contrast: number
  brightness: number
  /** Chance, and lowest resolution as a share of S, of going through a smaller copy. */
  blur: number
  blurTo: number
  /** Chance, and greatest standard deviation in grey levels. */
  noise: number
  noiseMax: number
  /** Chance of one to three bright or dark patches near the edge, as burnt-in marks and tubes' ends are. */
  marks: number
}

/** One stage of training: pretraining on Data-A or transfer to Data-B. */
export type StageConfig = {
  epochs: number
  /** Epochs without a better one on the validation part, after which the stage ends; absent: it goes to its end. With `keep: 'last'` it has no effect. */
  patience?: number
  /**
   * Images of an epoch. 0: each image once, its weight in the loss. Otherwise that many, drawn in proportion to their weights, so that
   * all count the same in the loss: a collection of thousands then costs no more than one of hundreds.
   */
  epochImages: number
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

/**
 * - `harmonised`: the tensor that is served too (`PreprocessSpec`).
 * - `plain`: the whole image squashed to a square, nothing evened out, as the paper has it.
 */
export type InputKind = 'harmonised' | 'plain'

/**
 * The paper's input, which no server makes: the whole image squashed to S × S (area average where a side shrinks, linear where it grows),
 * its own grey levels, nothing cut off, turned or evened out. A run with it can be scored and reported; it cannot be shipped.
 */
export type PlainSpec = { name: 'plain'; version: 1; size: number }

/** How the images of a run become tensors. */
export type InputSpec = PreprocessSpec | PlainSpec

export type TrainConfig = {
  name: string
  architecture: Architecture
  input: InputKind
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
