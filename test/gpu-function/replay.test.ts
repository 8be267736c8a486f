import { ReplayCache } from '@detl/gpu-function/replay'
import { expect, it } from 'vitest'

const refusal = (code: string) => expect.objectContaining({ code })

it('lets a nonce in once for each key until it has expired', () => {
  const cache = new ReplayCache()
  cache.add('a', 'n', 1_000, 0)
  expect(() => cache.add('a', 'n', 1_000, 999)).toThrow(refusal('signature-replayed'))
  cache.add('b', 'n', 1_000, 999)
  cache.add('a', 'n', 3_000, 1_001)
})

it('forgets what has expired and refuses when it is full, rather than forget what has not', () => {
  const cache = new ReplayCache(2)
  cache.add('a', '1', 100, 0)
  cache.add('a', '2', 200, 0)
  expect(() => cache.add('a', '3', 300, 50)).toThrow(refusal('overloaded'))
  cache.add('a', '3', 300, 150)
  expect(cache.size).toBe(2)
})

it('goes on forgetting what has expired after the clock was set back, and not what was signed before', () => {
  const hour = 3_600_000
  const cache = new ReplayCache(3)
  cache.add('a', 'before', 10 * hour + 60_000, 10 * hour)
  for (let i = 0; i < 20; i++) {
    const now = 9 * hour + i * 50_000
    cache.add('a', `after ${i}`, now + 60_000, now)
  }
  expect(() => cache.add('a', 'before', 10 * hour + 60_000, 10 * hour)).toThrow(refusal('signature-replayed'))
  cache.add('a', 'later', 11 * hour, 10 * hour + 60_001)
  expect(cache.size).toBe(1)
})
