import * as tf from '@tensorflow/tfjs-core'
import type { Pass } from './trainable.ts'

/**
 * How much of the Grad-CAM of each image's own class is not evidence inside its region, as a term of the loss: the
 * network is asked to find its evidence where a radiologist did ("right for the right reasons", Ross et al. 2017;
 * Grad-CAM as a trained output, Li et al. 2018). With L = Σ_k α_k A_k, the map before its ReLU, the term is
 * 1 − Σ_inside L / Σ |L|: 0 when all of the map is positive and inside. After the ReLU a map that has sunk below 0
 * everywhere would have no gradient and never come back.
 *
 * The map is the closed form of design section 4: the dense layers are piecewise linear and max pooling hands each
 * gradient to one cell, so α = Σ over the pooled cells of ∂y/∂P / (h·w), a few products that can be differentiated.
 * @param classes [B,C], one-hot: whose map
 * @param regions [B,h,w] in 0 … 1
 * @param weights [B], how much each image counts; 0 where no region is known
 * @returns weighted mean, a scalar in 0 … 2; 0 where all weights are
 */
export function evidenceOutside(
  pass: Pass,
  classes: tf.Tensor2D,
  regions: tf.Tensor3D,
  weights: tf.Tensor1D,
): tf.Scalar {
  const { features, hidden, head } = pass
  const [batch, h, w, maps] = features.shape
  let gradient: tf.Tensor = tf.matMul(classes, head, false, true) // ∂y/∂(dense2's output), [B,128]
  for (const { kernel, scale, output } of [...hidden].reverse()) {
    const open = tf.mul(gradient, tf.step(output))
    gradient = tf.matMul(
      (scale ? tf.mul(open, scale) : open) as tf.Tensor2D,
      kernel as tf.Tensor2D,
      false,
      true,
    )
  }
  const alpha = tf.div(tf.sum(tf.reshape(gradient, [batch, -1, maps]), 1), h * w) // [B,K]
  const flat = tf.reshape(features, [batch, h * w, maps])
  const map = tf.reshape(tf.matMul(flat, tf.reshape(alpha, [batch, maps, 1])), [batch, h * w])
  const inside = tf.sum(tf.mul(map, tf.reshape(regions, [batch, h * w])), 1) // [B]
  const share = tf.div(inside, tf.add(tf.sum(tf.abs(map), 1), 1e-6))
  const outside = tf.sum(tf.mul(tf.sub(1, share), weights))
  return tf.div(outside, tf.maximum(tf.sum(weights), 1e-6)) as tf.Scalar
}
