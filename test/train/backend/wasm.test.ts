import { selectBackend } from '@detl/train/backend/select'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import {
  adamHere,
  convolutionsHere,
  depthwiseHere,
  gradientsHere,
  normHere,
  tiesHere,
  worstDifference,
} from './gradients.ts'

it('the wasm backend with composed kernels has the gradients of the pure JavaScript backend', {
  timeout: 120_000,
}, async () => {
  await selectBackend({ only: 'cpu' })
  const reference = await gradientsHere()
  const choice = await selectBackend({ only: 'wasm' })
  expect(choice.name).toBe('wasm')
  const ours = await gradientsHere()
  expect(ours.loss).toBeCloseTo(reference.loss, 5)
  // fp32 sums in another order: 2e-6 was measured; a wrong kernel is off by a fraction of 1.
  expect(worstDifference(reference, ours)).toBeLessThan(2e-5)
})

it('a strided convolution with "same" padding has them too', async () => {
  const gradient = () => {
    const x = tf.randomUniform<tf.Rank.R4>([2, 9, 9, 3], 0, 1, 'float32', 5)
    const w = tf.randomUniform<tf.Rank.R4>([3, 3, 3, 4], -1, 1, 'float32', 6)
    const [dx, dw] = tf.grads((a, b) =>
      tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same'))),
    )([x, w])
    return [...dx!.dataSync(), ...dw!.dataSync()]
  }
  await tf.setBackend('cpu')
  const reference = gradient()
  await tf.setBackend('detl-wasm')
  const ours = gradient()
  for (const [i, v] of reference.entries()) expect(ours[i]).toBeCloseTo(v, 3)
})

it.each(['relu', 'relu6', 'linear'] as const)(
  'its fused normalisation and %s have the values and gradients of the composed operations',
  async (activation) => {
    await tf.setBackend('cpu')
    const reference = await normHere(activation)
    await tf.setBackend('detl-wasm')
    const ours = await normHere(activation)
    for (const [i, v] of reference.entries()) expect(ours[i]).toBeCloseTo(v, 3)
  },
)

it.each([
  [1, 1],
  [2, 1],
  [2, 3],
] as const)(
  'a depthwise convolution of stride %i, multiplier %i has them too',
  async (stride, multiplier) => {
    await tf.setBackend('cpu')
    const reference = await depthwiseHere(stride, multiplier)
    await tf.setBackend('detl-wasm')
    const ours = await depthwiseHere(stride, multiplier)
    for (const [i, v] of reference.entries()) expect(ours[i]).toBeCloseTo(v, 3)
  },
)

it.each([
  ['convolutions with bias and ReLU, and max pooling', convolutionsHere],
  ['maxima that occur several times', tiesHere],
  ['Adam', adamHere],
])('its %s have the values and gradients of the pure JavaScript backend', async (_, here) => {
  await tf.setBackend('cpu')
  const reference = await here()
  await tf.setBackend('detl-wasm')
  const ours = await here()
  const scale = Math.max(...reference.map(Math.abs))
  const worst = Math.max(...reference.map((v, i) => Math.abs(v - ours[i]!)))
  expect(worst / scale).toBeLessThan(2e-6)
})
