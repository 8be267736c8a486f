import * as tf from '@tensorflow/tfjs-core'
import type { StageConfig } from './config.ts'
import type { Batch, LabelledImages } from './data/images.ts'
import { evidenceOutside } from './model/evidence-loss.ts'
import type { Trainable } from './model/trainable.ts'
import type { Rng } from './rng.ts'

/** Weighted cross-entropy with smoothed labels, of one class or of several, and its gradients. The caller owns the results. */
export function lossAndGradients(
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
    const hard = hardTargets(batch, set)
    const each = crossEntropy(logits, hard, stage.labelSmoothing, batch.targets !== undefined)
    let loss = tf.mean(tf.mul(each, tf.tensor1d(batch.weights)))
    if (batch.regions && stage.evidenceWeight > 0) {
      const { cells } = set.regions!.grid
      const regions = tf.tensor3d(batch.regions.cells, [stage.batchSize, cells, cells])
      const outside = evidenceOutside(pass, hard, regions, tf.tensor1d(batch.regions.weights))
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

/** [B,C] of 0 and 1 */
const hardTargets = ({ targets, labels }: Batch, { classes }: LabelledImages): tf.Tensor2D =>
  targets
    ? tf.tensor2d(targets, [labels.length, classes])
    : (tf.oneHot(tf.tensor1d(labels, 'int32'), classes) as tf.Tensor2D)

/** Of each image, [B]: of classes that exclude each other, or the sum over independent ones. */
function crossEntropy(
  logits: tf.Tensor2D,
  hard: tf.Tensor2D,
  smoothing: number,
  independent: boolean,
): tf.Tensor {
  const options = independent ? 2 : hard.shape[1]
  const target = tf.add(tf.mul(hard, 1 - smoothing), smoothing / options)
  if (!independent) return tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1))
  return tf.sum(tf.sub(tf.softplus(logits), tf.mul(target, logits)), -1) // softplus(z) − t·z
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
