import * as tf from '@tensorflow/tfjs-core'

/**
 * Weighted cross-entropy of the cells of each plane plus 1 − Dice of the two lungs (Milletari, Navab & Ahmadi 2016, section 3), over the whole batch. Each plane's mean is its
 * own: opacity is known of fewer cells than lungs are, and would be drowned out.
 * @param scores [B,h,w,3], before the sigmoid
 * @param targets [B,h,w,3] in 0 … 1; shares are allowed
 * @param weights [B,h,w,3]; 0 where nothing is known
 */
export function lungLoss(scores: tf.Tensor4D, targets: tf.Tensor4D, weights: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => {
    const p = tf.sigmoid(scores) as tf.Tensor4D
    const overlap = columns(tf.mul(tf.mul(p, targets), weights))
    const total = columns(tf.mul(tf.add(p, targets), weights))
    const dice = tf.div(tf.add(tf.mul(overlap, 2), 1), tf.add(total, 1))
    const miss = tf.sub(1, tf.sum(tf.mul(dice, tf.tensor1d(DICE_SHARES))))
    return tf.add(crossEntropy(scores, targets, weights), miss) as tf.Scalar
  })
}

/** The two lungs, and opacity: Dice's coefficient is of outlines. */
const DICE_SHARES = [0.5, 0.5, 0]
/**
 * How much each plane's cross-entropy counts. What is opaque is a matter of opinion, and its cross-entropy stays several times the lungs': of full weight, its noise is most
 * of each step.
 */
const PLANE_WEIGHTS = [1, 1, 0.5]

const columns = (x: tf.Tensor): tf.Tensor => tf.sum(tf.reshape(x, [-1, x.shape.at(-1)!]), 0)

/** Weighted sum over the planes of the mean over the cells that count. Its gradient is w · (p − t), whatever the score: composed, it would lose large scores. */
function crossEntropy(scores: tf.Tensor4D, targets: tf.Tensor4D, weights: tf.Tensor4D): tf.Tensor {
  const cells = tf.div(tf.maximum(columns(weights), 1), tf.tensor1d(PLANE_WEIGHTS))
  const loss = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc]
    save([z, targets, weights, cells]) // the tidy around this frees what is not saved
    const soft = tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(z)))))
    const each = tf.add(tf.sub(tf.relu(z), tf.mul(z, targets)), soft)
    const value = tf.sum(tf.div(columns(tf.mul(each, weights)), cells))
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [z, targets, weights, cells] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      return tf.mul(tf.div(tf.mul(tf.sub(tf.sigmoid(z), targets), weights), cells), dy)
    }
    return { value, gradFunc }
  })
  return loss(scores)
}
