import { inferno } from '@detl/core/cam/colour-map'
import { renderOverlay } from '@detl/core/cam/overlay'
import { resizeMap } from '@detl/core/cam/resize-map'
import { describe, expect, it } from 'vitest'

const whole = (width: number, height: number) => ({ x: 0, y: 0, width, height })
/** A 4 × 4 tensor that shows a 4 × 4 source; a 2 × 2 map whose cells look at tensor pixels 1 and 3. */
const seen = {
  geometry: { crop: whole(4, 4), placed: whole(4, 4) },
  window: { low: 0, middle: 128, high: 255 },
}
const grid = { stride: 2, offset: 1 }
const map = { width: 2, height: 2, data: [0, 0, 0, 8] }

describe('resizeMap', () => {
  it('puts each cell at the centre of its receptive field and interpolates between them', () => {
    const size = { width: 4, height: 4 }
    // Pixel centres 0.5 1.5 2.5 3.5 lie at cells −0.25→0, 0.25, 0.75, 1.25→1.
    expect([...resizeMap(map, grid, seen.geometry, size, size)]).toEqual([
      0, 0, 0, 0, 0, 0.5, 1.5, 2, 0, 1.5, 4.5, 6, 0, 2, 6, 8,
    ])
  })

  it('leaves what the network did not see without heat', () => {
    const geometry = { crop: { x: 2, y: 0, width: 2, height: 4 }, placed: whole(2, 4) }
    const hot = { width: 2, height: 2, data: [5, 5, 5, 5] }
    const size = { width: 4, height: 1 }
    expect([...resizeMap(hot, grid, geometry, { width: 4, height: 4 }, size)]).toEqual([0, 0, 5, 5])
  })

  it('follows the image into a tensor that pads it', () => {
    // A 4 × 2 image lies in rows 1–2 of a 4 × 4 tensor: its upper half is seen by the upper cells.
    const geometry = { crop: whole(4, 2), placed: { x: 0, y: 1, width: 4, height: 2 } }
    const rows = { width: 2, height: 2, data: [0, 0, 4, 4] }
    const size = { width: 4, height: 2 }
    expect([...resizeMap(rows, grid, geometry, size, size)]).toEqual([1, 1, 1, 1, 3, 3, 3, 3])
  })
})

describe('renderOverlay', () => {
  const image = { width: 4, height: 4, bits: 8, data: new Uint16Array(16).fill(255) }
  const options = { maxSide: 4, opacity: 1, fullHeat: 8 }

  it('leaves the X-ray as it is where the map has no evidence', () => {
    const cold = { width: 2, height: 2, data: [0, 0, 0, 0] }
    expect(new Set(renderOverlay(image, seen, cold, grid, options).data)).toEqual(new Set([255]))
  })

  it('shows full heat in the last colour of the map', () => {
    const { data } = renderOverlay(image, seen, map, grid, options)
    expect([...data.slice(-3)]).toEqual([...inferno().slice(-3)])
  })

  it('never enlarges, and reduces by averaging', () => {
    const stripes = {
      width: 4,
      height: 4,
      bits: 8,
      data: Uint16Array.from({ length: 16 }, (_, i) => (i % 2) * 255),
    }
    const cold = { width: 2, height: 2, data: [0, 0, 0, 0] }
    const small = renderOverlay(stripes, seen, cold, grid, { ...options, maxSide: 2 })
    expect({ width: small.width, height: small.height }).toEqual({ width: 2, height: 2 })
    expect(new Set(small.data)).toEqual(new Set([128]))
    expect(renderOverlay(stripes, seen, cold, grid, { ...options, maxSide: 99 }).width).toBe(4)
  })
})

describe('inferno', () => {
  it('grows in lightness from each level to the next', () => {
    const table = inferno()
    const luma = (i: number) =>
      0.2126 * table[i * 3]! + 0.7152 * table[i * 3 + 1]! + 0.0722 * table[i * 3 + 2]! // ITU-R BT.709
    for (let level = 16; level < 256; level += 8) expect(luma(level)).toBeGreaterThan(luma(level - 16))
  })
})
