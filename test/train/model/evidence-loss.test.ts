import { selectBackend } from '@detl/train/backend/select'
import { gradCam } from '@detl/train/evaluate/gradcam'
import { detl12 } from '@detl/train/model/detl12'
import { evidenceOutside } from '@detl/train/model/evidence-loss'
import { DEVIATION, MEAN } from '@detl/train/model/input'
import { TrainingNet } from '@detl/train/model/training-net'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'

const SIZE = 44 // conv6 sees 4 × 4 cells
const CELLS = 4
const label = [3, 0]
const BOTH = [1, 1]

beforeAll(async () => {
  await selectBackend({ only: 'wasm' })
})

function setting() {
  const model = detl12({ size: SIZE, classes: 4, seed: 3 })
  const x = tf.randomUniform<tf.Rank.R4>([2, SIZE, SIZE, 1], 0, 1, 'float32', 5)
  const standard = tf.div(tf.sub(x, MEAN), DEVIATION) as tf.Tensor4D
  const net = new TrainingNet(model, standard, {
    trainFrom: 'block1',
    normalise: false,
    fresh: true,
    auxiliary: 0,
  })
  const classes = tf.oneHot(tf.tensor1d(label, 'int32'), 4) as tf.Tensor2D
  const regions = tf.tensor3d(
    Float32Array.from({ length: 2 * CELLS * CELLS }, (_, i) => (i % 3 === 0 ? 1 : 0)),
    [2, CELLS, CELLS],
  )
  return { model, x, standard, net, classes, regions }
}

it('is the share that Grad-CAM by automatic differentiation puts outside the region', async () => {
  const { model, x, standard, net, classes, regions } = setting()
  const { maps } = await gradCam(model, x)
  const region = regions.dataSync()
  const cells = CELLS * CELLS
  const expected = label.map((c, b) => {
    const map = maps.subarray((b * 4 + c) * cells, (b * 4 + c + 1) * cells)
    const total = map.reduce((a, v) => a + v, 0)
    return 1 - map.reduce((a, v, i) => a + v * region[b * cells + i]!, 0) / (total + 1e-6)
  })
  const value = evidenceOutside(
    net.forward(standard, undefined),
    classes,
    regions,
    tf.tensor1d(BOTH),
  ).dataSync()[0]!
  expect(value).toBeCloseTo((expected[0]! + expected[1]!) / 2, 4)
  expect(value).toBeGreaterThan(0.1)
})

it('weighs the images, and is 0 where no region is known', () => {
  const { standard, net, classes, regions } = setting()
  const outside = (...weights: number[]) =>
    evidenceOutside(net.forward(standard, undefined), classes, regions, tf.tensor1d(weights)).dataSync()[0]!
  const [first, second] = [outside(1, 0), outside(0, 1)]
  expect(Math.abs(first - second)).toBeGreaterThan(1e-3)
  expect(outside(1, 0.25)).toBeCloseTo((first + 0.25 * second) / 1.25, 4)
  expect(outside(0, 0)).toBe(0)
})

it('falls when the weights follow its gradient', () => {
  const { standard, net, classes, regions } = setting()
  const loss = () => evidenceOutside(net.forward(standard, undefined), classes, regions, tf.tensor1d(BOTH))
  const { value, grads } = tf.variableGrads(loss, net.variables)
  for (const v of net.variables) {
    const gradient = grads[v.name] // none for biases: they only open and close units
    if (gradient) v.assign(tf.sub(v, tf.mul(gradient, 0.05)))
  }
  expect(loss().dataSync()[0]!).toBeLessThan(value.dataSync()[0]! - 1e-3)
})
