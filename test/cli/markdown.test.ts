import { show } from '@detl/cli/ship/markdown'
import { expect, it } from 'vitest'

it('states no interval where too few images give none', () => {
  expect(show({ value: 1, low: 1, high: 1, n: 1 })).toBe('1.000 (too few for an interval: n = 1)')
  expect(show({ value: 0, low: 0, high: 1, n: 0 })).toBe('– (no image)')
  expect(show({ value: 0.5, low: 0.1, high: 0.9, n: 2 })).toBe('0.500 (0.100–0.900)')
  expect(show({ value: 0.25, low: 0.25, high: 0.25, n: 496 })).toBe('0.250 (0.250–0.250)')
})
