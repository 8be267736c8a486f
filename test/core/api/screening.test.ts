import { AppError } from '@detl/core/api/problem'
import { encodeHeatmap, readScores } from '@detl/core/api/screening'
import { LABELS } from '@detl/core/model/labels'
import { describe, expect, it } from 'vitest'

const manifest = {
  labels: [...LABELS] as ['normal', 'other_disease', 'pneumonia', 'covid19'],
  cam: { method: 'gradcam' as const, layer: 'conv6', width: 2, height: 1, stride: 4, offset: 2 },
}

describe('readScores', () => {
  it('names each probability and map by its label', () => {
    const scores = readScores(
      manifest,
      Float32Array.of(0.1, 0.2, 0.6, 0.1),
      Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
    )
    expect(scores.label).toBe('pneumonia')
    expect(scores.probabilities.other_disease).toBeCloseTo(0.2)
    expect([...Array.from(scores.maps.pneumonia.data)]).toEqual([4, 5])
  })

  it.each([
    ['too few probabilities', Float32Array.of(0.5, 0.5), new Float32Array(8)],
    ['maps of another size', Float32Array.of(0.25, 0.25, 0.25, 0.25), new Float32Array(6)],
    ['probabilities that do not sum to 1', Float32Array.of(0.5, 0.5, 0.5, 0.5), new Float32Array(8)],
    ['a probability that is no number', Float32Array.of(Number.NaN, 0.5, 0.25, 0.25), new Float32Array(8)],
  ])('refuses %s', (_, probabilities, cam) => {
    expect(() => readScores(manifest, probabilities, cam)).toThrow(AppError)
  })
})

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
