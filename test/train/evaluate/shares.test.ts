import { wilson, wilsonByGroup } from '@detl/train/evaluate/intervals'
import { describe, expect, it } from 'vitest'

describe('wilson', () => {
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('gives the interval of Newcombe 1998, table I, for %i of %i', (r, n, low, high) => {
    const e = wilson(r, n)
    expect(e.low).toBeCloseTo(low, 4)
    expect(e.high).toBeCloseTo(high, 4)
  })
})

describe('wilsonByGroup', () => {
  const share = (n: number, groupOf: (i: number) => number) =>
    wilsonByGroup(Array.from({ length: n }, (_, i) => ({ right: i % 3 > 0, group: `${groupOf(i)}` })))

  it('is Wilson’s where each image is of another group, and where images of a group are not alike', () => {
    expect(share(60, (i) => i)).toMatchObject({ low: wilson(40, 60).low, n: 60 })
    expect(share(60, (i) => Math.floor(i / 3)).low).toBe(wilson(40, 60).low)
  })

  it('is that of the groups where all images of one are alike, and all right', () => {
    const alike = wilsonByGroup(
      Array.from({ length: 600 }, (_, i) => ({
        right: Math.floor(i / 10) % 3 > 0,
        group: `${Math.floor(i / 10)}`,
      })),
    )
    expect(alike.low).toBeCloseTo(wilson(40, 60).low, 2)
    expect(alike).toMatchObject({ value: 2 / 3, n: 600 })
    const all = wilsonByGroup(Array.from({ length: 600 }, (_, i) => ({ right: true, group: `${i % 60}` })))
    expect(all.low).toBe(wilson(60, 60).low)
  })
})
