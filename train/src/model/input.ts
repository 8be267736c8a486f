import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'

/** A tensor's bytes 0 … 255 enter the network as 0 … 1; export puts the same factor in front of the ONNX graph. */
export const INPUT_SCALE = 1 / 255

/**
 * While it trains, the network sees (x − MEAN) / DEVIATION: with an input that is positive throughout, the first layers
 * mostly pass its mean on, and a network this deep without normalisation hardly leaves the start. Rounded figures of
 * preprocessed chest X-rays. They are not part of a saved model: `foldInput` moves them into its first convolution,
 * exactly, since it has no padding.
 */
const MEAN = 0.45
const DEVIATION = 0.28

/** Byte → what the network sees while it trains. */
export const standardised = (byte: number): number => (byte * INPUT_SCALE - MEAN) / DEVIATION

/** Weights of conv1 for inputs in 0 … 1, from weights for standardised ones: K/σ and b − μ/σ · Σ K. */
export function foldInput(model: tfl.LayersModel): void {
  changeConv1(model, (kernel, bias) => {
    const scaled = tf.div(kernel, DEVIATION)
    return [scaled, tf.sub(bias, tf.mul(tf.sum(scaled, [0, 1, 2]), MEAN))]
  })
}

/** The reverse, to go on training from a saved model. */
export function unfoldInput(model: tfl.LayersModel): void {
  changeConv1(model, (kernel, bias) => [
    tf.mul(kernel, DEVIATION),
    tf.add(bias, tf.mul(tf.sum(kernel, [0, 1, 2]), MEAN)),
  ])
}

function changeConv1(
  model: tfl.LayersModel,
  change: (kernel: tf.Tensor, bias: tf.Tensor) => tf.Tensor[],
): void {
  const conv1 = model.getLayer('conv1')
  tf.tidy(() => {
    const [kernel, bias] = conv1.getWeights() as [tf.Tensor, tf.Tensor]
    conv1.setWeights(change(kernel, bias))
  })
}
