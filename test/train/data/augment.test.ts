import { augment, NO_AUGMENTATION, weakened } from '@detl/train/data/augment'
import { evaluationBatches, trainingBatches } from '@detl/train/data/batches'
import { lossWeights } from '@detl/train/data/labelled'
import { rngOf } from '@detl/train/rng'
import { describe, expect, it } from 'vitest'
import { defaults } from '../../../train/configs/default.ts'
import { squares } from '../tiny-set.ts'

const S = 4
const whole = { x: 0, y: 0, width: S, height: S }
// biome-ignore format: an image
const image = Uint8Array.of(
  10, 20, 30, 40,
  50, 60, 70, 80,
  90, 100, 110, 120,
  130, 140, 150, 160,
)
const changed = (config: Partial<typeof NO_AUGMENTATION>, placed = whole, seed = 1, src = image) => {
  const out = new Uint8Array(src.length)
  augment(src, Math.sqrt(src.length), placed, { ...NO_AUGMENTATION, ...config }, rngOf(seed), out)
  return out
}

describe('augment', () => {
  it('without changes gives the very image', () => {
    expect(changed({})).toEqual(image)
  })

  it('mirrors left and right', () => {
    // biome-ignore format: an image
    expect([...changed({ mirroring: 1 })]).toEqual([
      40, 30, 20, 10,
      80, 70, 60, 50,
      120, 110, 100, 90,
      160, 150, 140, 130,
    ])
  })

  it('pads a crop of another shape as preprocessing would: equal bars on two opposite sides', () => {
    const src = new Uint8Array(64 * 64).fill(200)
    for (let seed = 0; seed < 20; seed++) {
      const out = changed({ reframe: 1, reframeKeep: 0.5 }, { x: 0, y: 0, width: 64, height: 64 }, seed, src)
      const rows = Array.from({ length: 64 }, (_, y) => out.subarray(y * 64, y * 64 + 64).some((v) => v > 0))
      const columns = Array.from({ length: 64 }, (_, x) =>
        Array.from({ length: 64 }, (_, y) => out[y * 64 + x]!).some((v) => v > 0),
      )
      for (const line of [rows, columns]) {
        const [before, after] = [line.indexOf(true), 63 - line.lastIndexOf(true)]
        expect(Math.abs(before - after)).toBeLessThanOrEqual(1)
      }
      expect(rows.every(Boolean) || columns.every(Boolean)).toBe(true)
    }
  })

  it('leaves padding at the pad level under every change of grey levels', () => {
    const src = new Uint8Array(32 * 32)
    for (let y = 8; y < 24; y++) src.fill(120, y * 32, y * 32 + 32)
    const placed = { x: 0, y: 8, width: 32, height: 16 }
    const out = changed(
      { gamma: 0.5, contrast: 0.5, brightness: 0.3, noise: 1, noiseMax: 20 },
      placed,
      3,
      src,
    )
    expect(Math.max(...out.subarray(0, 8 * 32))).toBe(0)
    expect(Math.min(...out.subarray(8 * 32, 24 * 32))).toBeGreaterThan(0)
  })

  it('with strength 0 changes nothing but the side', () => {
    const weak = { ...weakened(defaults.transfer.augment, 0), mirroring: 0 }
    expect(changed(weak)).toEqual(image)
  })
})

describe('trainingBatches', () => {
  const set = squares(21, 16, 1)
  const options = { batchSize: 4, seed: 5, epoch: 2, augment: defaults.transfer.augment }
  const read = (o: typeof options) => [...trainingBatches(set, o)].map((b) => [...b.labels])

  it('is the same for one seed and epoch, and another order in another epoch', () => {
    expect(read(options)).toEqual(read(options))
    expect(read(options)).not.toEqual(read({ ...options, epoch: 3 }))
  })

  it('draws as many images as are asked for, in proportion to their weights, which then count alike', () => {
    const set = squares(30, 16, 1)
    set.weights.fill(0.5, 0, 20)
    set.weights.fill(2, 20) // ten images carry two thirds of the weight
    const options = { batchSize: 10, seed: 1, epoch: 1, augment: NO_AUGMENTATION, epochImages: 90 }
    const seen = new Map<number, number>()
    let images = 0
    for (const { x, weights, count } of trainingBatches(set, options)) {
      for (let b = 0; b < count; b++) {
        // Images are told apart by their pixels.
        const sum = x.subarray(b * 256, (b + 1) * 256).reduce((a, v) => a + v, 0)
        seen.set(sum, (seen.get(sum) ?? 0) + 1)
        expect(weights[b]).toBe(1)
        images++
      }
    }
    expect(images).toBe(90)
    expect(seen.size).toBe(30)
    expect([...seen.values()].filter((n) => n === 6)).toHaveLength(10)
    const rest = [...seen.values()].filter((n) => n < 6)
    expect(rest.every((n) => n === 1 || n === 2)).toBe(true)
    expect(rest.reduce((a, b) => a + b, 0)).toBe(30)
  })

  it('drops what does not fill a batch', () => {
    expect(read(options)).toHaveLength(5)
  })
})

it('evaluationBatches gives every image once, in order, unchanged, and fills the last batch with weight 0', () => {
  const set = squares(5, 16, 1)
  const seen: number[] = []
  for (const batch of evaluationBatches(set, 4)) {
    for (let b = 0; b < batch.count; b++) seen.push(Math.round(batch.x[b * 256]! * 255))
    expect([...batch.weights.subarray(batch.count)].every((w) => w === 0)).toBe(true)
  }
  expect(seen).toEqual(Array.from({ length: 5 }, (_, i) => set.pixels[i * 256]))
})

describe('lossWeights', () => {
  const images = [
    ...Array.from({ length: 60 }, () => ({ source: 'a', label: 0 })),
    ...Array.from({ length: 20 }, () => ({ source: 'a', label: 1 })),
    ...Array.from({ length: 20 }, () => ({ source: 'b', label: 1 })),
  ]
  const total = (weights: Float32Array, source: string, label: number) =>
    images.reduce((sum, i, k) => (i.source === source && i.label === label ? sum + weights[k]! : sum), 0)

  it('"class" gives every class the same total', () => {
    const w = lossWeights(images, 'class')
    expect(total(w, 'a', 1) + total(w, 'b', 1)).toBeCloseTo(total(w, 'a', 0), 3)
  })

  it('"within-source" gives the classes of a source the same total', () => {
    const w = lossWeights(images, 'within-source')
    expect(total(w, 'a', 0)).toBeCloseTo(total(w, 'a', 1), 3)
  })
})
