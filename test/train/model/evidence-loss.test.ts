import { selectBackend } from '@detl/train/backend/select'
import { detl12 } from '@detl/train/model/detl12'
import { evidenceOutside } from '@detl/train/model/evidence-loss'
import { DEVIATION, MEAN } from '@detl/train/model/input'
import { TrainingNet } from '@detl/train/model/training-net'
import { gradCam } from '@detl/train/scoring/gradcam'
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

it('is what Grad-CAM by automatic differentiation puts anywhere but inside the region', async () => {
  const { model, x, standard, net, classes, regions } = setting()
  const { maps: positive } = await gradCam(model, x)
  const head = model.getLayer('dense3')
  head.setWeights(head.getWeights().map((w) => tf.neg(w)))
  const { maps: negative } = await gradCam(model, x) // of −y: what the ReLU cut off
  const region = regions.dataSync()
  const cells = CELLS * CELLS
  const expected = label.map((c, b) => {
    const at = (b * 4 + c) * cells
    let [inside, total] = [0, 0]
    for (let i = 0; i < cells; i++) {
      inside += (positive[at + i]! - negative[at + i]!) * region[b * cells + i]!
      total += positive[at + i]! + negative[at + i]!
    }
    return 1 - inside / (total + 1e-6)
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

it('draws a map back that is negative everywhere', () => {
  const { standard, net, classes, regions } = setting()
  for (const v of net.variables.slice(-2)) v.assign(tf.neg(tf.abs(v))) // the last layer: no class has evidence
  const loss = () => evidenceOutside(net.forward(standard, undefined), classes, regions, tf.tensor1d(BOTH))
  const before = loss().dataSync()[0]!
  expect(before).toBeGreaterThan(1)
  const { grads } = tf.variableGrads(loss, net.variables)
  const head = net.variables.at(-2)!
  head.assign(tf.sub(head, tf.mul(grads[head.name]!, 0.1)))
  expect(loss().dataSync()[0]!).toBeLessThan(before - 1e-4)
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
