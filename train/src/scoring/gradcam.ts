import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { camLayerOf, outputOf, scoresOf, tailOf } from '../model/trunk.ts'

export type Cams = {
  /** [N,C,h,w], after ReLU, not scaled: a map without evidence stays small. */
  maps: Float32Array
  height: number
  width: number
  logits: Float32Array
}

/**
 * Grad-CAM of all classes by automatic differentiation: α = mean over space of ∂y_c/∂A, S = ReLU(Σ_k α_k A_k), with
 * y_c the logit, before the softmax, and dropout off (Selvaraju et al. 2017, equations 1 and 2).
 * It is the independent counterpart of what the exporter puts into the ONNX graph.
 * @param x [N,S,S,1] in 0 … 1
 * @param layer whose maps A [N,h,w,K] are explained
 */
export async function gradCam(
  model: tfl.LayersModel,
  x: tf.Tensor4D,
  layer = camLayerOf(model),
): Promise<Cams> {
  const tail = tailOf(model, layer).slice(0, -1)
  const classes = model.outputs[0]!.shape[1] as number

  const out = tf.tidy(() => {
    const features = outputOf(model, layer, x) as tf.Tensor4D // [N,h,w,K]
    const logitsOfFeatures = (a: tf.Tensor) =>
      scoresOf(
        model,
        tail.reduce((h, l) => l.apply(h) as tf.Tensor, a),
      )
    const maps = Array.from({ length: classes }, (_, c) => {
      // The images of a batch do not mix, so the gradient of the sum is each image's own.
      const score = (a: tf.Tensor) => tf.sum(tf.slice(logitsOfFeatures(a), [0, c], [-1, 1]))
      const alpha = tf.mean(tf.grad(score)(features), [1, 2], true) // [N,1,1,K]
      return tf.relu(tf.sum(tf.mul(features, alpha), -1)) // [N,h,w]
    })
    return { maps: tf.stack(maps, 1), logits: logitsOfFeatures(features) } // [N,C,h,w]
  })
  const [, , height, width] = out.maps.shape as [number, number, number, number]
  const result: Cams = {
    maps: (await out.maps.data()) as Float32Array,
    logits: (await out.logits.data()) as Float32Array,
    height,
    width,
  }
  tf.dispose(out)
  return result
}

/** Mean of the members' maps and logits: an ensemble's logit is the mean of its members', and so is what it rests on. */
export async function meanGradCam(models: readonly tfl.LayersModel[], x: tf.Tensor4D): Promise<Cams> {
  const all: Cams[] = []
  for (const model of models) all.push(await gradCam(model, x))
  const [first] = all
  if (!first) throw new Error('no model')
  if (all.length === 1) return first
  const meanOf = (key: 'maps' | 'logits') =>
    first[key].map((_, i) => all.reduce((sum, c) => sum + c[key][i]!, 0) / all.length)
  return { ...first, maps: meanOf('maps'), logits: meanOf('logits') }
}
