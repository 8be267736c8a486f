import type { UsageRow } from '@detl/core/api/account'
import { RETEST } from '@detl/core/comparison/retest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'

type Bytes = Uint8Array<ArrayBuffer>

let edge: Awaited<ReturnType<typeof edgeApp>>
let first: Bytes
let second: Bytes
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ regions: { ...TEST_REGIONS, network: RETEST.network } }) })
  first = await chestPng(1)
  second = await chestPng(2)
})
afterAll(() => edge.stop())

let accounts = 0
/** A live key of an account of its own. @param concurrent screenings that it may have at once */
async function customer(concurrent: number): Promise<string> {
  const id = `films${accounts++}`
  await edge.account(id, { limits: { concurrent } })
  return (await edge.newKey(id)).key
}
function compare(key: string, films: readonly Bytes[]) {
  const body = new FormData()
  for (const film of films) body.append('image', new Blob([film]), 'film')
  return edge.request('/v1/comparisons', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body,
  })
}

describe('the films of a comparison', () => {
  it('are screened one after the other, as one of the screenings that an account may have at once', async () => {
    const key = await customer(1)
    const films = await Promise.all([3, 4, 5].map((seed) => chestPng(seed)))
    expect((await compare(key, films)).status).toBe(200)
    const { usage } = (await (
      await edge.call('GET', '/v1/usage?from=2020-01-01&to=2100-01-01', key)
    ).json()) as {
      usage: UsageRow[]
    }
    expect(usage.map(({ outcome, billed }) => [outcome, billed])).toEqual([['answered', 3]])
  })

  it('leave others of the account their places meanwhile, and no more than those', async () => {
    const key = await customer(2)
    const films = await Promise.all([6, 7, 8].map((seed) => chestPng(seed)))
    const screen = async () => (await edge.screen(first, { authorization: `Bearer ${key}` })).status
    let beside: Promise<number>[] | undefined
    let calls = 0
    edge.gpu.trouble = () => {
      // While the third film is screened the first two are reserved still.
      if (++calls === 3) beside = [screen(), screen()]
      return { delayMs: calls === 3 ? 1000 : 0 }
    }
    try {
      expect((await compare(key, films)).status).toBe(200)
    } finally {
      edge.gpu.trouble = undefined
    }
    expect((await Promise.all(beside!)).sort()).toEqual([200, 429])
  })

  it('are refused while the account has all its places taken, and taken once it has not', async () => {
    const key = await customer(1)
    edge.gpu.trouble = () => ({ delayMs: 300 })
    try {
      const [one, other] = await Promise.all([compare(key, [first, second]), compare(key, [first, second])])
      const refused = one.status === 429 ? one : other
      expect([one.status, other.status].sort()).toEqual([200, 429])
      expect(((await refused.json()) as { type: string }).type).toMatch(/concurrency-limited$/)
      expect(refused.headers.get('retry-after')).toBe('1')
    } finally {
      edge.gpu.trouble = undefined
    }
    expect((await compare(key, [first, second])).status).toBe(200) // as its Retry-After promised
  })
})
