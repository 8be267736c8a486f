import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dice, pearson, spearman, upperQuantile } from '@detl/train/lungs/dice'
import { lungBatches } from '@detl/train/lungs/lung-batches'
import type { LungImage } from '@detl/train/lungs/lung-image'
import { lungLoss } from '@detl/train/lungs/lung-loss'
import { LungTraining, lungNet } from '@detl/train/lungs/net'
import { outlineLimits } from '@detl/train/lungs/outline-limits'
import { doubled, mirrored } from '@detl/train/lungs/planes'
import { trainLungs } from '@detl/train/lungs/train-lungs'
import { saveModel } from '@detl/train/model/files'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('the network that outlines lungs', () => {
  it('computes as it was trained to once its normalisation is part of its weights', async () => {
    const model = lungNet(32, 1)
    const net = new LungTraining(model)
    const x = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 1], 0, 1, 'float32', 3)
    const moments: tf.Tensor[] = []
    const scores = net.forward(x, moments)
    // The running statistics made those of this batch, which is what a long training leaves.
    for (const [i, running] of net.statistics.entries()) running.assign(moments[i]! as tf.Tensor)
    net.foldInto(model)
    const [trained, saved] = [await tf.sigmoid(scores).data(), await (model.predict(x) as tf.Tensor).data()]
    expect(saved).toHaveLength(2 * 16 * 16 * 3)
    for (const [i, value] of trained.entries()) expect(saved[i]).toBeCloseTo(value, 4)
  })
})

describe('its training', () => {
  it('shows films as they are, or mirrored, where changes have no strength', () => {
    const pixels = Uint8Array.from({ length: 128 * 128 }, (_, i) => (i * 2654435761) >>> 24)
    const image = { pixels, placed: { x: 0, y: 0, width: 128, height: 128 }, kind: 'outlined' } as LungImage
    const options = { batchSize: 4, seed: 1, epoch: 1 }
    const shown = (strength: number) => {
      const { x } = lungBatches([image, image, image, image], { ...options, strength }).next().value!
      return Array.from({ length: 4 }, (_, b) => x.slice(b * pixels.length, (b + 1) * pixels.length))
    }
    const own = [pixels, mirrored(pixels, 128)].map((plane) => Float32Array.from(plane, (v) => v / 255))
    for (const film of shown(0)) expect(own).toContainEqual(film)
    for (const film of shown(1)) expect(own).not.toContainEqual(film)
  })

  it('does not go on from a network of another architecture', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'detl-lungs-'))
    const convolution = tfl.layers.conv2d({
      filters: 3,
      kernelSize: 2,
      strides: 2,
      inputShape: [128, 128, 1],
    })
    await saveModel(tfl.sequential({ layers: [convolution] }), join(dir, 'other'))
    const options = { dir: join(dir, 'run'), epochs: 1, seed: 1, resume: false, identity: 'test' }
    const images = new Array<LungImage>(8).fill({ kind: 'outlined' } as LungImage)
    await expect(trainLungs(images, { ...options, from: join(dir, 'other') })).rejects.toThrow(
      'another architecture',
    )
    await expect(trainLungs(images.slice(1), options)).rejects.toThrow('7 images are too few')
  })
})

describe('its loss', () => {
  const shape = [1, 2, 2, 3] as [number, number, number, number]
  const of = (values: number[]) => tf.tensor4d(values, shape)
  const targets = of([1, 0, 1, 1, 0, 0.5, 0, 1, 0, 0, 1, 1])
  const weights = of([1, 1, 1, 1, 1, 0.25, 1, 1, 1, 1, 1, 0])

  it('has the gradient of its differences', async () => {
    const at = Array.from({ length: 12 }, (_, i) => Math.sin(i * 2.1) * 2)
    const loss = (scores: tf.Tensor4D) => lungLoss(scores, targets, weights)
    const gradient = await tf
      .grad((x: tf.Tensor) => loss(x as tf.Tensor4D))(of(at))
      .data()
    const step = 1e-2
    for (const i of at.keys()) {
      const moved = (by: number) => loss(of(at.map((v, k) => (k === i ? v + by : v)))).dataSync()[0]!
      expect(gradient[i]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 3)
    }
    expect(gradient[11]).toBeCloseTo(0, 6) // it counts for nothing: nobody knows
  })

  it('stays a number however sure the network is', () => {
    expect(lungLoss(of(new Array(12).fill(500)), targets, weights).dataSync()[0]).toBeGreaterThan(1)
    expect(Number.isFinite(lungLoss(of(new Array(12).fill(-500)), targets, weights).dataSync()[0])).toBe(true)
  })
})

describe('its figures', () => {
  it('Dice: 1 for the same, 0 for regions apart, 2·1/(2 + 1) for half', () => {
    expect(dice([1, 1, 0], [1, 1, 0])).toBe(1)
    expect(dice([1, 0, 0], [0, 1, 1])).toBe(0)
    expect(dice([1, 1, 0], [1, 0, 0])).toBeCloseTo(2 / 3)
    expect(dice([0, 0], [0, 0])).toBe(1)
  })

  it('what Dice could be: of an outline a cell smaller all round, and without coarse errors', () => {
    const [size, side] = [40, 20]
    const square = Float32Array.from({ length: size * size }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)]
      return x >= 10 && x < 10 + side && y >= 10 && y < 10 + side ? 1 : 0
    })
    const shrunk = (2 * 18 ** 2) / (20 ** 2 + 18 ** 2)
    const nothing = outlineLimits(square, new Float32Array(size * size), size)
    expect(nothing.shrunk).toBeCloseTo(shrunk, 6)
    expect(nothing.near).toBeCloseTo((2 * 14 ** 2) / (20 ** 2 + 14 ** 2), 6) // the three outermost rings are missing
    const elsewhere = square.slice()
    elsewhere[0] = 1 // far off the outline
    elsewhere[15 * size + 20] = 0 // and deep inside it
    expect(outlineLimits(square, elsewhere, size).near).toBe(1)
  })

  it('a plane twice as large keeps its mean and its edges', () => {
    const large = doubled([0, 1, 0, 1], 2, 2)
    expect([...large.subarray(0, 4)]).toEqual([0, 0.25, 0.75, 1])
    expect(large.reduce((a, b) => a + b) / 16).toBeCloseTo(0.5)
  })

  it('Spearman asks for order alone; ties share a rank', () => {
    expect(pearson([1, 2, 3], [3, 5, 7])).toBeCloseTo(1)
    expect(pearson([1, 2, 3, 4], [1, 10, 100, 1000])).toBeLessThan(0.9)
    expect(spearman([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1)
    expect(spearman([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1)
    // Computed by hand: ranks 1.5, 1.5, 3 against 1, 2, 3.
    expect(spearman([5, 5, 9], [1, 2, 3])).toBeCloseTo(0.866, 3)
  })

  it('a conformal quantile is the next larger one: of nine errors the largest, at nine tenths', () => {
    expect(upperQuantile([9, 1, 2, 3, 4, 5, 6, 7, 8], 0.9)).toBe(9)
    expect(
      upperQuantile(
        Array.from({ length: 19 }, (_, i) => i + 1),
        0.9,
      ),
    ).toBe(18)
  })
})
