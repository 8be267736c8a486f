import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { adamStep } from '@detl/train/backend/adam'
import { convRelu } from '@detl/train/backend/conv-relu'
import { type NormActivation, norm } from '@detl/train/backend/norm'
import { detl12 } from '@detl/train/model/detl12'
import { logitsOf } from '@detl/train/model/trunk'

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

/** Output, statistics and gradients of a normalisation on a fixed tensor, with the backend that is active. */
export async function normHere(activation: NormActivation): Promise<number[]> {
  const z = tf.randomNormal<tf.Rank.R4>([3, 5, 5, 4], 0.3, 2, 'float32', 8)
  const gamma = tf.tensor1d([0.5, 1, -1.5, 5]) // the last reaches beyond 6
  const beta = tf.tensor1d([0.1, -0.2, 0.3, 0])
  const weights = tf.randomNormal(z.shape, 0, 1, 'float32', 9)
  const moments: tf.Tensor[] = []
  const y = norm(z, gamma, beta, moments, activation)
  const gradients = tf.grads((a, g, b) => tf.sum(tf.mul(weights, norm(a!, g!, b!, [], activation))))([
    z,
    gamma,
    beta,
  ])
  return valuesOf([y, ...moments, ...gradients])
}

/** Output and gradients of a depthwise convolution on a fixed tensor, with the backend that is active. */
export async function depthwiseHere(stride: 1 | 2, multiplier: number): Promise<number[]> {
  const x = tf.randomNormal<tf.Rank.R4>([2, 6, 6, 20], 0, 1, 'float32', 8)
  const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 20, multiplier], 0, 1, 'float32', 9)
  const run = (a: tf.Tensor, f: tf.Tensor) =>
    tf.depthwiseConv2d(a as tf.Tensor4D, f as tf.Tensor4D, stride, 'same')
  const y = run(x, filter)
  const weights = tf.randomNormal(y.shape, 0, 1, 'float32', 10)
  const gradients = tf.grads((a, f) => tf.sum(tf.mul(weights, run(a!, f!))))([x, filter])
  return valuesOf([y, ...gradients])
}

/**
 * Outputs and gradients of convolutions with bias and ReLU on fixed tensors, of max pooling behind them, whose windows hold
 * equal values where the ReLU is shut, and of a padded convolution. Each twice, with other values: nothing may be left over.
 */
export async function convolutionsHere(): Promise<number[]> {
  const all: tf.Tensor[] = []
  for (const seed of [20, 30]) {
    const x = tf.randomNormal<tf.Rank.R4>([2, 12, 11, 16], 0, 1, 'float32', seed)
    const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 16, 20], 0, 0.2, 'float32', seed + 1)
    const bias = tf.randomNormal<tf.Rank.R1>([20], 0, 1, 'float32', seed + 2)
    const run = (a: tf.Tensor, f: tf.Tensor, b: tf.Tensor) => {
      const y = convRelu(a, f, b) as tf.Tensor4D
      const padded = tf.conv2d(a as tf.Tensor4D, f as tf.Tensor4D, 1, 'same')
      return tf.addN([
        tf.sum(tf.square(tf.maxPool(y, 2, 2, 'valid'))),
        tf.sum(tf.square(tf.maxPool(y, 3, 2, 'same'))),
        tf.sum(tf.mul(padded, tf.cos(tf.reshape(tf.range(0, padded.size), padded.shape)))),
      ])
    }
    all.push(convRelu(x, filter, bias), ...tf.grads(run)([x, filter, bias]))
  }
  return valuesOf(all)
}

/** Where the gradient of max pooling goes when a window holds its maximum several times. */
export async function tiesHere(): Promise<number[]> {
  const x = tf.tensor4d([1, 1, 0, 2, 1, 1, 2, 2, 0, 0, 3, 1, 0, 0, 3, 1], [1, 4, 4, 1])
  const weights = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])
  return valuesOf([tf.grad((a) => tf.sum(tf.mul(weights, tf.maxPool(a as tf.Tensor4D, 2, 2, 'valid'))))(x)])
}

/** Weights and moments after two steps of Adam, of a small tensor and of a large one. */
export async function adamHere(): Promise<number[]> {
  const all: tf.Tensor[] = []
  for (const size of [5, 9000]) {
    let state: [tf.Tensor, tf.Tensor, tf.Tensor] = [
      tf.randomNormal([size], 0, 1, 'float32', 1),
      tf.zeros([size]),
      tf.zeros([size]),
    ]
    for (const seed of [2, 3]) {
      const gradient = tf.randomNormal([size], 0, 1, 'float32', seed)
      state = adamStep(...state, gradient, { rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 })
    }
    all.push(...state)
  }
  return valuesOf(all)
}

/** Read without waiting in between: on WebGPU there is no other way in Node. */
const valuesOf = async (tensors: readonly tf.Tensor[]): Promise<number[]> =>
  (await Promise.all(tensors.map((t) => t.data()))).flatMap((v) => [...v])
