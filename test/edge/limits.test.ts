import { places } from '@detl/core/places/places'
import { createLedger } from '@detl/edge/ledger/create-ledger'
import { describe, expect, it } from 'vitest'
import { edgeApp, PLACES } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
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
        Array.from({ length: calls }, () => ledger.authorize(credential, 'usage:read')).filter(({ ok }) => ok)
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

describe('a deadline', () => {
  const code = async (response: Response) =>
    ((await response.json()) as { type: string }).type.split('/').at(-1)

  it('ends an upload that stalls, uncharged, and its place goes to others', async () => {
    const edge = await edgeApp({ deps: { deadlineMs: 3000, places: places({ ...PLACES, capacity: 1 }) } })
    const png = await chestPng()
    let cancelled = false
    const stalled = new ReadableStream({
      start: (controller) => controller.enqueue(png.subarray(0, 100)),
      cancel: () => {
        cancelled = true
      },
    })
    const response = await edge.request('/v1/screenings', {
      method: 'POST',
      headers: { authorization: `Bearer ${edge.key}` },
      body: stalled,
      duplex: 'half',
    } as RequestInit)
    expect([response.status, await code(response), cancelled]).toEqual([408, 'upload-timeout', true])
    expect((await edge.screen(png)).status).toBe(200)
    const { usage } = (await (await edge.call('GET', '/v1/usage', edge.key)).json()) as { usage: object[] }
    expect(usage).toMatchObject([{ outcome: 'answered' }, { outcome: 'upload-timeout', billed: 0 }])
    await edge.stop()
  })

  it('ends a screening that nobody answers, uncharged', async () => {
    const never = () => new Promise<never>(() => undefined)
    const edge = await edgeApp({ deps: { deadlineMs: 200, infer: never } })
    const { key } = await edge.newKey('demo')
    const response = await edge.screen(await chestPng(), { authorization: `Bearer ${key}` })
    expect([response.status, await code(response)]).toEqual([504, 'upstream-timeout'])
    expect(edge.ledger('demo').charged(0, Date.now() + 1)).toBe(0)
    await edge.stop()
  })
})
