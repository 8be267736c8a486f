import { selectBackend } from '@detl/train/backend/select'
import { detl12 } from '@detl/train/model/detl12'
import { camGridOf } from '@detl/train/model/trunk'
import { rngOf } from '@detl/train/rng'
import { fitForest } from '@detl/train/scoring/forest'
import { gradCam } from '@detl/train/scoring/gradcam'
import {
  centrePointsInto,
  energyInside,
  intersectionOverUnion,
  pointsInto,
  randomPointsInto,
} from '@detl/train/scoring/localisation'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'

const source = { width: 224, height: 224 }
const hot = (x: number, y: number) => {
  const values = new Float32Array(224 * 224)
  values[y * 224 + x] = 1
  return values
}

describe('pointing game', () => {
  const boxes = [{ x: 20, y: 30, width: 10, height: 10 }]
  it('hits within 15 px of the box at 224 px, and not beyond', () => {
    expect(pointsInto(hot(44, 35), source, boxes)).toBe(true)
    expect(pointsInto(hot(46, 35), source, boxes)).toBe(false)
  })
  it('an empty map points nowhere', () => {
    expect(pointsInto(new Float32Array(224 * 224), source, [{ x: 0, y: 0, width: 224, height: 224 }])).toBe(
      false,
    )
  })
  it('the centre and chance are what they say', () => {
    expect(centrePointsInto(source, boxes)).toBe(false)
    expect(randomPointsInto(source, [{ x: 60, y: 60, width: 100, height: 100 }])).toBeCloseTo(
      (130 / 224) ** 2,
      1,
    )
  })
})

it('energy and overlap are shares of the map and of the union', () => {
  const values = Float32Array.of(4, 0, 1, 0, 0, 0, 0, 3)
  const mask = Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0)
  expect(energyInside(values, mask)).toBeCloseTo(0.5)
  expect(intersectionOverUnion(values, mask)).toBeCloseTo(1 / 3) // hot: cells 0 and 7
  expect(energyInside(new Float32Array(8), mask)).toBeNaN()
})

describe('gradCam', () => {
  it('of the last convolution equals the closed form: the dense layers’ weights, back through the ReLUs', async () => {
    await selectBackend()
    const S = 48 // maps of 5 × 5, of which pooling reads 4 × 4
    const model = detl12({ size: S, classes: 4, seed: 5 })
    const x = tf.randomUniform<tf.Rank.R4>([2, S, S, 1], 0, 1, 'float32', 6)
    const { maps, width, height } = await gradCam(model, x)
    const rows = model.layers.slice(1)
    const at = rows.findIndex((l) => l.name === 'conv6')
    const through = (from: number, to: number, h: tf.Tensor) =>
      rows.slice(from, to).reduce((v, l) => l.apply(v) as tf.Tensor, h)
    const features = through(0, at + 1, x)
    const flat = through(at + 1, at + 3, features)
    const [w1, , w2, , w3] = rows.slice(-3).flatMap((l) => l.getWeights()) as tf.Tensor2D[]
    const a1 = rows.at(-3)!.apply(flat) as tf.Tensor2D
    const a2 = rows.at(-2)!.apply(a1) as tf.Tensor2D
    const cells = width * height
    const pooled = tf.sum(tf.reshape(w1!, [-1, 128, 256]), 0) as tf.Tensor2D // W̄1, [K,256]
    for (let c = 0; c < 4; c++) {
      const g2 = tf.mul(tf.transpose(tf.slice(w3!, [0, c], [-1, 1])), tf.step(a2))
      const g1 = tf.mul(tf.matMul(g2 as tf.Tensor2D, w2!, false, true), tf.step(a1))
      const alpha = tf.div(tf.matMul(g1 as tf.Tensor2D, pooled, false, true), cells) // [N,K]
      const expected = tf.relu(tf.sum(tf.mul(features, tf.reshape(alpha, [2, 1, 1, 128])), -1)).dataSync()
      const scale = Math.max(...expected, 1e-9)
      for (let n = 0; n < 2; n++) {
        for (let i = 0; i < cells; i++) {
          expect(Math.abs(maps[(n * 4 + c) * cells + i]! - expected[n * cells + i]!) / scale).toBeLessThan(
            1e-4,
          )
        }
      }
    }
  })

  it('of the paper’s network looks every 4 px from 16 on', () => {
    expect(camGridOf(detl12({ size: 128, classes: 4, seed: 1 }))).toEqual({ stride: 4, offset: 16 })
  })
})

it('a forest learns what a straight line cannot, and says nothing of noise', () => {
  const rng = rngOf('forest')
  const rows = Array.from({ length: 400 }, () => Float32Array.of(rng(), rng(), rng()))
  const ring = rows.map((r) => (Math.hypot(r[0]! - 0.5, r[1]! - 0.5) < 0.35 ? 1 : 0))
  const weights = rows.map(() => 1)
  const accuracyOf = (labels: number[]) => {
    const options = { trees: 60, minLeaf: 2, rng: rngOf('fit') }
    const forest = fitForest(rows.slice(0, 300), labels.slice(0, 300), weights, 2, options)
    const right = rows.slice(300).filter((r, i) => forest.predict(r)[1]! > 0.5 === (labels[300 + i] === 1))
    return right.length / 100
  }
  expect(accuracyOf(ring)).toBeGreaterThan(0.85)
  const coin = rows.map(() => (rng() < 0.5 ? 0 : 1))
  expect(accuracyOf(coin)).toBeLessThan(0.65)
})
