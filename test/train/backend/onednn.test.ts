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

/** Not every machine has libdnnl.so.2 (Debian: libdnnl2): there the choice falls through to wasm, tested in select.test.ts. */
const choice = await selectBackend({ only: 'onednn' }).catch(() => undefined)

it.skipIf(!choice)(
  'the oneDNN backend has the gradients of the pure JavaScript backend',
  { timeout: 120_000 },
  async () => {
    await tf.setBackend('cpu')
    const reference = await gradientsHere()
    await tf.setBackend('detl-onednn')
    const ours = await gradientsHere()
    expect(ours.loss).toBeCloseTo(reference.loss, 5)
    // fp32 sums in another order: 1.4e-6 was measured; a wrong kernel is off by a fraction of 1.
    expect(worstDifference(reference, ours)).toBeLessThan(2e-5)
  },
)

it.skipIf(!choice)(
  'its fused bias, ReLU and transposed products agree with the pure JavaScript backend',
  async () => {
    const results = () => {
      const a = tf.randomNormal<tf.Rank.R2>([5, 7], 0, 1, 'float32', 1)
      const b = tf.randomNormal<tf.Rank.R2>([7, 3], 0, 1, 'float32', 2)
      const bias = tf.tensor1d([0.1, -0.2, 0.3])
      return [
        tf.fused.matMul({ a, b, bias, activation: 'relu' }),
        tf.matMul(tf.transpose(a), tf.transpose(b), true, true),
        tf.matMul(a, tf.transpose(b), false, true),
        tf.matMul(tf.transpose(a), b, true, false),
      ].flatMap((t) => [...t.dataSync()])
    }
    await tf.setBackend('cpu')
    const reference = results()
    await tf.setBackend('detl-onednn')
    const ours = results()
    for (const [i, v] of reference.entries()) expect(ours[i]).toBeCloseTo(v, 5)
  },
)

it.skipIf(!choice).each(['relu', 'relu6', 'linear'] as const)(
  'its fused normalisation and %s have the values and gradients of the composed operations',
  async (activation) => {
    await tf.setBackend('cpu')
    const reference = await normHere(activation)
    await tf.setBackend('detl-onednn')
    const ours = await normHere(activation)
    for (const [i, v] of reference.entries()) expect(ours[i]).toBeCloseTo(v, 3)
  },
)

it.skipIf(!choice).each([
  [1, 1],
  [2, 1],
  [2, 3],
] as const)(
  'a depthwise convolution of stride %i, multiplier %i has them too',
  async (stride, multiplier) => {
    await tf.setBackend('cpu')
    const reference = await depthwiseHere(stride, multiplier)
    await tf.setBackend('detl-onednn')
    const ours = await depthwiseHere(stride, multiplier)
    for (const [i, v] of reference.entries()) expect(ours[i]).toBeCloseTo(v, 3)
  },
)

it.skipIf(!choice).each([
  ['convolutions with bias and ReLU, and max pooling', convolutionsHere],
  ['maxima that occur several times', tiesHere],
  ['Adam', adamHere],
])('its %s have the values and gradients of the pure JavaScript backend', async (_, here) => {
  await tf.setBackend('cpu')
  const reference = await here()
  await tf.setBackend('detl-onednn')
  const ours = await here()
  const scale = Math.max(...reference.map(Math.abs))
  const worst = Math.max(...reference.map((v, i) => Math.abs(v - ours[i]!)))
  expect(worst / scale).toBeLessThan(2e-6)
})
