import { createLedger } from '@detl/edge/ledger/ledger'
import { describe, expect, it } from 'vitest'
import { nodeSql } from '../support/local-accounts.ts'

const QUOTA = 20
const credential = { kind: 'token', scopes: ['usage:read'] } as const

describe('a rate limit', () => {
  function account() {
    const sql = nodeSql()
    let now = Date.UTC(2026, 1, 1)
    const start = () => createLedger('clinic', sql, () => now)
    let ledger = start()
    ledger.configure(
      { name: 'clinic', plan: { kind: 'postpaid' }, limits: { perMinute: QUOTA, perKeyPerMinute: 1000 } },
      'tests',
    )
    return {
      /** How many calls of so many pass. */
      passed: (calls: number) =>
        Array.from({ length: calls }, () => ledger.admit(credential, 'usage:read')).filter(({ ok }) => ok)
          .length,
      /** What is in memory is lost, as when a Durable Object is evicted or moved. */
      evict: () => {
        ledger = start()
      },
      wait: (ms: number) => {
        now += ms
      },
    }
  }

  it('outlives the object that counts: an eviction gives back a tenth of the quota at most', () => {
    const { passed, evict } = account()
    expect(passed(QUOTA)).toBe(QUOTA)
    evict()
    expect(passed(QUOTA)).toBeLessThanOrEqual(QUOTA / 10)
  })

  it('gains by many evictions no more than by waiting', () => {
    const { passed, evict, wait } = account()
    let all = 0
    for (let i = 0; i < 6; i++) {
      all += passed(QUOTA)
      evict()
      wait(10_000)
    }
    // Full at first, and 50 seconds of refilling, beside a tenth at each eviction.
    expect(all).toBeGreaterThanOrEqual(QUOTA + (50 / 60) * QUOTA - 1)
    expect(all).toBeLessThanOrEqual(QUOTA + (50 / 60) * QUOTA + 5 * (QUOTA / 10))
  })

  it('is full again after a minute', () => {
    const { passed, evict, wait } = account()
    passed(QUOTA)
    evict()
    wait(60_000)
    expect(passed(QUOTA + 5)).toBe(QUOTA)
  })
})
