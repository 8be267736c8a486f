import { batchSizes, chooseBatch, worthwhileBatch } from '@detl/gpu-function/choose-batch'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const sizes = [1, 2, 4, 8, 16]

describe('choosing a batch', () => {
  it.each([
    ['takes all that fill a warmed-up size', [1, 1, 1, 1], 16, { jobs: 4, rows: 4 }],
    ['leaves what would not fill the next size', [1, 1, 1, 1, 1], 16, { jobs: 4, rows: 4 }],
    ['runs an odd job with idle rows', [5], 16, { jobs: 1, rows: 8 }],
    ['joins jobs of several rows', [3, 5, 1], 16, { jobs: 2, rows: 8 }],
    ['does not go beyond the largest size', [16, 1], 16, { jobs: 1, rows: 16 }],
    ['joins nothing where that does not pay', [1, 1, 1], 1, { jobs: 1, rows: 1 }],
    ['runs one job that is larger than what pays to join', [4, 1], 1, { jobs: 1, rows: 4 }],
  ])('%s', (_, queue, join, expected) => {
    expect(chooseBatch(queue, sizes, join)).toEqual(expected)
  })

  it('always takes the oldest, keeps the order and has room for what it takes', () => {
    const queue = fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(queue, fc.constantFrom(...sizes), (rows, join) => {
        const batch = chooseBatch(rows, sizes, join)
        const taken = rows.slice(0, batch.jobs).reduce((a, b) => a + b, 0)
        expect(batch.jobs).toBeGreaterThan(0)
        expect(sizes).toContain(batch.rows)
        expect(batch.rows).toBeGreaterThanOrEqual(taken)
        if (batch.jobs > 1) expect(taken).toBeLessThanOrEqual(join)
      }),
    )
  })

  it('has sizes that double up to the largest', () => {
    expect(batchSizes(16)).toEqual(sizes)
    expect(batchSizes(1)).toEqual([1])
    expect(batchSizes(6)).toEqual([1, 2, 4, 6])
  })
})

describe('the batch worth waiting for', () => {
  it('is one row where a run takes as long as its rows', () => {
    expect(worthwhileBatch(sizes, (rows) => 9 * rows)).toBe(1)
  })

  it('is the largest where rows are nearly free', () => {
    expect(worthwhileBatch(sizes, (rows) => 3 + 0.05 * rows)).toBe(16)
  })

  it('ends where the gain ends', () => {
    expect(worthwhileBatch(sizes, (rows) => Math.max(4, rows))).toBe(4)
  })
})
