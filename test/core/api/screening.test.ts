import { encodeHeatmap } from '@detl/core/api/screening'
import { describe, expect, it } from 'vitest'

describe('encodeHeatmap', () => {
  it('gives back each value within half a step of 255', () => {
    const map = { width: 2, height: 2, data: Float32Array.of(0, 0.013, 0.5, 0.7) }
    const { data, max } = encodeHeatmap('normal', map)
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0))
    for (const [i, value] of map.data.entries())
      expect(Math.abs((bytes[i]! / 255) * max - value)).toBeLessThanOrEqual(max / 510 + 1e-9)
  })

  it('keeps a map without evidence at maximum 0', () => {
    expect(encodeHeatmap('covid19', { width: 1, height: 1, data: [0] })).toMatchObject({
      max: 0,
      data: btoa('\0'),
    })
  })
})
