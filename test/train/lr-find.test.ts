import { selectBackend } from '@detl/train/backend/select'
import { chosen, findLearningRate } from '@detl/train/lr-find'
import { detl12 } from '@detl/train/model/detl12'
import { beforeAll, describe, expect, it } from 'vitest'
import { quickStage, squares } from './tiny-set.ts'

beforeAll(async () => {
  await selectBackend()
})

describe('the search for a learning rate', () => {
  it('suggests the rate at which the loss falls fastest, before its least value', () => {
    const losses = [1, 1, 0.99, 0.95, 0.6, 0.4, 0.35, 0.5, 2]
    const points = losses.map((smoothed, i) => ({ rate: 10 ** (i - 8), loss: smoothed, smoothed }))
    const found = chosen(points)
    // Of 0.95 → 0.4 around the fifth rate.
    expect(found.suggested).toBeCloseTo(1e-4, 12)
    expect(found.least).toBeCloseTo(1e-2, 12)
  })

  it('says so where it does not fall', () => {
    const points = [1, 1.2, 1.5].map((smoothed, i) => ({ rate: 10 ** i, loss: smoothed, smoothed }))
    expect(() => chosen(points)).toThrow(/does not fall at any rate/)
  })

  it('goes from a rate that does nothing to one at which training breaks, and ends there', async () => {
    const set = squares(64, 36, 1)
    const model = detl12({ size: 36, classes: 2, seed: 3 })
    const options = { seed: 7, fresh: true, from: 1e-6, to: 1e4, steps: 80 }
    const { suggested, least, points } = await findLearningRate(model, set, quickStage, options)
    expect(points[0]!.rate).toBeCloseTo(1e-6, 12)
    expect(suggested).toBeGreaterThan(1e-5)
    expect(suggested).toBeLessThan(least)
    expect(points.length).toBeLessThan(80)
    expect(points.at(-1)!.rate).toBeGreaterThan(least)
    const lossAt = (rate: number) => points.find((p) => p.rate >= rate)!.smoothed
    expect(lossAt(least)).toBeLessThan(0.9 * lossAt(1e-6))
    model.dispose()
  })
})
