import type { GrayImage } from '@detl/core/image/gray-image'
import { phantom } from '@detl/core/phantom/phantom'
import { AreaReducer } from '@detl/core/preprocess/area-reducer'
import { cxrGrey } from '@detl/core/preprocess/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { preprocessImage as preprocess } from '../../support/preprocess-image.ts'

const spec = cxrGrey(128)
const chest = (seed = 1) => phantom({ seed, width: 400, height: 440, lesions: ['consolidation'] }).image

/** Mean absolute difference of two tensors, in levels. */
const difference = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length

const map = (image: GrayImage, level: (value: number, x: number, y: number) => number): GrayImage => ({
  ...image,
  data: image.data.map((value, i) => level(value, i % image.width, Math.floor(i / image.width))),
})

function framed(image: GrayImage, margin: number, level: number): GrayImage {
  const width = image.width + 2 * margin
  const height = image.height + 2 * margin
  const data = new Uint16Array(width * height).fill(level)
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * image.width, (y + 1) * image.width), (y + margin) * width + margin)
  }
  return { width, height, bits: image.bits, data }
}

describe('the area average', () => {
  it('equals the exact overlap integral in float64, for any reduction', () => {
    const length = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(
        length,
        length,
        length,
        length,
        fc.infiniteStream(fc.nat(65535)),
        (w, h, tw, th, values) => {
          const source = { width: w, height: h }
          const target = { width: Math.min(w, tw), height: Math.min(h, th) }
          const data = Uint16Array.from({ length: w * h }, () => values.next().value!)
          const reducer = new AreaReducer(source, target)
          for (let y = 0; y < h; y++) reducer.push(data, y * w)
          for (const [i, value] of reducer.out.entries()) {
            const expected = integral(data, source, target, i % target.width, Math.floor(i / target.width))
            expect(Math.abs(value - expected)).toBeLessThan(1e-6)
          }
        },
      ),
    )
  })

  /** The mean over a cell, by the definition: every source pixel weighted by its overlap. */
  function integral(
    data: Uint16Array,
    source: { width: number; height: number },
    target: { width: number; height: number },
    i: number,
    j: number,
  ): number {
    const sx = source.width / target.width
    const sy = source.height / target.height
    const overlap = (a: number, from: number, to: number) =>
      Math.max(0, Math.min(a + 1, to) - Math.max(a, from))
    let sum = 0
    for (let y = 0; y < source.height; y++) {
      for (let x = 0; x < source.width; x++) {
        sum +=
          data[y * source.width + x]! * overlap(x, i * sx, (i + 1) * sx) * overlap(y, j * sy, (j + 1) * sy)
      }
    }
    return sum / (sx * sy)
  }
})

describe('preprocess', () => {
  it('places a landscape image in the middle, its aspect kept, on padding', () => {
    const { image } = phantom({ seed: 1, width: 500, height: 400, lesions: [] })
    const { tensor, geometry } = preprocess(image, spec)
    expect(tensor).toHaveLength(128 * 128)
    const { crop, placed } = geometry
    expect(placed.width).toBe(128)
    expect(placed.height / placed.width).toBeCloseTo(crop.height / crop.width, 2)
    expect(Math.abs(placed.y - (128 - placed.y - placed.height))).toBeLessThanOrEqual(1)
    expect(tensor.subarray(0, placed.y * 128).every((level) => level === spec.padLevel)).toBe(true)
  })

  it('reports the window in the grey levels of the source', () => {
    const { window } = preprocess(chest(), spec)
    expect(window.low).toBeLessThan(window.middle)
    expect(window.middle).toBeLessThan(window.high)
    expect(window.high).toBeLessThanOrEqual(4095)
  })

  it.each([
    ['black', 0],
    ['white', 4095],
  ])('cuts an added %s frame, so that the tensor hardly moves', (_, level) => {
    const image = chest()
    const plain = preprocess(image, spec)
    const inFrame = preprocess(framed(image, 30, level), spec)
    expect(difference(plain.tensor, inFrame.tensor)).toBeLessThan(4)
    expect(inFrame.geometry.crop.x).toBeGreaterThanOrEqual(30)
  })

  it('hardly moves with a burnt-in marker, a gamma of 0.7 to 1.4, or another exposure', () => {
    const image = chest()
    const { tensor } = preprocess(image, spec)
    const change = (other: GrayImage) => difference(tensor, preprocess(other, spec).tensor)
    expect(change(map(image, (v, x, y) => (x > 15 && x < 45 && y > 15 && y < 45 ? 4095 : v)))).toBeLessThan(2)
    expect(change(map(image, (v) => Math.round(4095 * (v / 4095) ** 0.7)))).toBeLessThan(8)
    expect(change(map(image, (v) => Math.round(4095 * (v / 4095) ** 1.4)))).toBeLessThan(8)
    expect(change(map(image, (v) => Math.round(300 + v * 0.6)))).toBeLessThan(1)
  })

  it('moves when the lung does: what is normalised away is not the finding', () => {
    const healthy = phantom({ seed: 1, width: 400, height: 440, lesions: [] }).image
    expect(difference(preprocess(healthy, spec).tensor, preprocess(chest(), spec).tensor)).toBeGreaterThan(1)
  })

  it('gives a tensor for any size and content, down to one pixel and to none but one level', () => {
    const side = fc.integer({ min: 1, max: 700 })
    fc.assert(
      fc.property(side, side, fc.nat(255), fc.boolean(), (width, height, level, ramp) => {
        const data = new Uint16Array(width * height).fill(level)
        if (ramp) for (let i = 0; i < data.length; i++) data[i] = i % 256
        const { tensor, geometry } = preprocess({ width, height, bits: 8, data }, spec)
        expect(tensor).toHaveLength(128 * 128)
        expect(geometry.crop.width).toBeGreaterThan(0)
        expect(geometry.crop.height).toBeGreaterThan(0)
        expect(geometry.crop.x + geometry.crop.width).toBeLessThanOrEqual(width + 1e-9)
      }),
      { numRuns: 60 },
    )
  })
})
