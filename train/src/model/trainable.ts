import type * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'

/** A dense layer as the gradient of the scores sees it. */
export type Hidden = {
  kernel: tf.Tensor
  /** [units], what normalisation multiplies the product by; undefined without normalisation */
  scale: tf.Tensor | undefined
  /** [B,units], after ReLU, before dropout */
  output: tf.Tensor
}

export type Pass = {
  /** [B,C] */
  logits: tf.Tensor2D
  moments: tf.Tensor[]
  /** A of the last convolution, after ReLU: [B,h,w,K] */
  features: tf.Tensor4D
  /** The dense layers between the maps and the last one, in their order. */
  hidden: Hidden[]
  /** Kernel of the last layer, [D,C] */
  head: tf.Tensor2D
  /** Logits of the auxiliary head, [B,targets] */
  auxiliary?: tf.Tensor2D
}

/** A network as the training loop sees it: it owns its weights, and writes them to a model to be validated and kept. */
export interface Trainable {
  /** What the optimiser changes, in a fixed order. */
  readonly variables: tf.Variable[]
  /** Running means and variances: state that a checkpoint holds beside the variables. */
  readonly statistics: tf.Variable[]
  /** Of each mask that `forward` takes. */
  readonly dropoutUnits: readonly number[]
  /**
   * A training pass: batch statistics, and dropout by the given masks.
   * @param x [B,S,S,1], standardised
   * @param masks [B,units] of 0 or 1/(1 − rate)
   * @returns the batch's means and variances in the order of `statistics` are kept: the caller disposes of them
   */
  forward(x: tf.Tensor4D, masks: readonly tf.Tensor2D[] | undefined): Pass
  updateStatistics(moments: readonly tf.Tensor[]): void
  /** Writes the weights, for inputs in 0 … 1, to a model of the same shape. */
  foldInto(model: tfl.LayersModel): void
  dispose(): void
}
