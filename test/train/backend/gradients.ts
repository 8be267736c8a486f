import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { normRelu } from '@detl/train/backend/norm-relu'
import { detl12, logitsOf } from '@detl/train/model/detl12'

const SIZE = 36 // the smallest S that leaves the last pooling a full window: quick in pure JavaScript

type Gradients = { loss: number; values: Map<string, Float32Array> }

/** Loss and all gradients of the network on a fixed batch, with the backend that is active. */
export async function gradientsHere(): Promise<Gradients> {
  const model = detl12({ size: SIZE, classes: 4, seed: 1 })
  const x = tf.randomUniform<tf.Rank.R4>([1, SIZE, SIZE, 1], 0, 1, 'float32', 5)
  const y = tf.oneHot(tf.tensor1d([1], 'int32'), 4)
  const vars = model.trainableWeights.map((w) => w.read() as tf.Variable)
  const { value, grads } = tf.variableGrads(
    () => tf.losses.softmaxCrossEntropy(y, logitsOf(model, x)) as tf.Scalar,
    vars,
  )
  const values = new Map<string, Float32Array>()
  for (const [i, w] of model.trainableWeights.entries()) {
    values.set(w.originalName, Float32Array.from(await grads[vars[i]!.name]!.data()))
  }
  const loss = (await value.data())[0]!
  tf.dispose([x, y, value, grads])
  model.dispose()
  return { loss, values }
}

/** Largest difference of any gradient, relative to the largest entry of its tensor. */
export function worstDifference(a: Gradients, b: Gradients): number {
  let worst = 0
  for (const [name, expected] of a.values) {
    const got = b.values.get(name)!
    const scale = expected.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
    for (const [i, v] of expected.entries()) worst = Math.max(worst, Math.abs(v - got[i]!) / scale)
  }
  return worst
}

/** Output, statistics and gradients of normRelu on a fixed tensor, with the backend that is active. */
export function normReluHere(): number[] {
  const z = tf.randomNormal<tf.Rank.R4>([3, 5, 5, 4], 0.3, 2, 'float32', 8)
  const gamma = tf.tensor1d([0.5, 1, -1.5, 2])
  const beta = tf.tensor1d([0.1, -0.2, 0.3, 0])
  const weights = tf.randomNormal(z.shape, 0, 1, 'float32', 9)
  const moments: tf.Tensor[] = []
  const y = normRelu(z, gamma, beta, moments)
  const gradients = tf.grads((a, g, b) => tf.sum(tf.mul(weights, normRelu(a!, g!, b!, []))))([z, gamma, beta])
  return [y, ...moments, ...gradients].flatMap((t) => [...t.dataSync()])
}
