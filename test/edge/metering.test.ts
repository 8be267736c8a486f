import type { UsageRow } from '@detl/core/api/account'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { encodePng } from '@detl/core/image/png-encode'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'

let now = Date.UTC(2026, 5, 15, 12)
let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
let other: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  edge = await edgeApp({ clock: () => now })
  png = await chestPng(1)
  other = await chestPng(2)
})
beforeEach(() => {
  edge.gpu.trouble = undefined
})
afterAll(() => edge.stop())

let accounts = 0
/** An account of its own with a live key. */
async function customer(input: Parameters<typeof edge.account>[1] = {}) {
  const id = `customer${accounts++}`
  await edge.account(id, input)
  const { key } = await edge.newKey(id)
  return {
    id,
    key,
    screen: (body: Uint8Array<ArrayBuffer> | string = png, headers: Record<string, string> = {}) =>
      edge.screen(body, { authorization: `Bearer ${key}`, ...headers }),
    /** Billed screenings, and how many there were of each outcome. */
    async usage() {
      const response = await edge.call('GET', '/v1/usage?from=2026-01-01&to=2027-01-01', key)
      const { usage } = (await response.json()) as { usage: UsageRow[] }
      const outcomes = Object.fromEntries(usage.map(({ outcome, screenings }) => [outcome, screenings]))
      return { billed: usage.reduce((sum, row) => sum + row.billed, 0), outcomes }
    },
  }
}
const problem = async (response: Response) => {
  const { type, status } = (await response.json()) as { type: string; status: number }
  return `${status} ${type.split('/').at(-1)}`
}

describe('a screening is charged', () => {
  it('once when it is answered, and not when it is refused or fails', async () => {
    const { screen, usage } = await customer()
    await screen()
    await screen('not an image')
    edge.gpu.trouble = () => ({ status: 503 })
    await screen()
    edge.gpu.trouble = () => 'hang-up'
    await screen()
    expect(await usage()).toEqual({
      billed: 1,
      outcomes: { answered: 1, 'image-unsupported': 1, 'upstream-unavailable': 2 },
    })
  })

  it('and exported, if before the account had a customer at the billing provider, once it has one', async () => {
    const { id, screen } = await customer()
    await screen()
    expect(edge.ledger(id).dueExports(10)).toEqual([])
    await edge.account(id, { billingCustomer: 'cus_1' })
    await edge.account(id) // a PUT that leaves it out
    await screen()
    expect([edge.ledger(id).dueExports(10), edge.ledger(id).nextDue()]).toEqual([[], undefined])
    await edge.account(id, { billingCustomer: 'cus_1' })
    expect(edge.ledger(id).dueExports(10)).toHaveLength(2)
  })

  it('not when the gate refuses the image', async () => {
    const strict = await edgeApp({ manifest: testManifest({ gate: DEFAULT_GATE }) })
    const { key } = await strict.newKey('demo')
    const flat = await encodePng({
      width: 128,
      height: 128,
      channels: 1,
      data: new Uint8Array(128 * 128).fill(90),
    })
    const refused = await strict.screen(flat, { authorization: `Bearer ${key}` })
    expect(await problem(refused)).toBe('422 image-unsuitable')
    const { usage } = await strict.admin<{ usage: UsageRow[] }>('GET', '/accounts/demo/usage')
    expect(usage).toMatchObject([{ outcome: 'image-unsuitable', screenings: 1, billed: 0 }])
    await strict.stop()
  })

  it('never with a test key, which is counted all the same', async () => {
    const { id, usage } = await customer()
    const { key } = await edge.newKey(id, { mode: 'test' })
    expect((await edge.screen(png, { authorization: `Bearer ${key}` })).status).toBe(200)
    expect(await usage()).toEqual({ billed: 0, outcomes: { answered: 1 } })
  })
})

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'study-7' }

  it('gives a repeat the same answer, asks the GPU function once and charges once', async () => {
    const { screen, usage } = await customer()
    const calls = edge.gpu.calls
    const first = await screen(png, headers)
    const again = await screen(png, headers)
    expect(await again.json()).toEqual(await first.json())
    expect([first, again].map((response) => response.headers.get('idempotency-replayed'))).toEqual([
      null,
      'true',
    ])
    expect(edge.gpu.calls - calls).toBe(1)
    expect(await usage()).toEqual({ billed: 1, outcomes: { answered: 1, replayed: 1 } })
  })

  it('gives a repeat the overlay of the same answer', async () => {
    const { screen } = await customer()
    const accept = { ...headers, accept: 'image/png' }
    const first = await screen(png, accept)
    const again = await screen(png, accept)
    expect(new Uint8Array(await again.arrayBuffer())).toEqual(new Uint8Array(await first.arrayBuffer()))
  })

  it('refuses another image', async () => {
    const { screen, usage } = await customer()
    await screen(png, headers)
    expect(await problem(await screen(other, headers))).toBe('422 idempotency-mismatch')
    expect(await usage()).toEqual({ billed: 1, outcomes: { answered: 1, 'idempotency-mismatch': 1 } })
  })

  it('of another account, or of a test key, is another one', async () => {
    const [one, two] = [await customer(), await customer()]
    await one.screen(png, headers)
    expect((await two.screen(other, headers)).status).toBe(200)
    const { key } = await edge.newKey(one.id, { mode: 'test' })
    expect((await one.screen(other, { ...headers, authorization: `Bearer ${key}` })).status).toBe(200)
  })

  it('refuses a second request while the first is in progress', async () => {
    const { screen } = await customer()
    edge.gpu.trouble = () => ({ delayMs: 150 })
    const first = screen(png, headers)
    await expect.poll(() => screen(png, headers).then(problem)).toBe('409 idempotency-in-flight')
    expect((await first).status).toBe(200)
    expect((await screen(png, headers)).status).toBe(200)
  })

  it('may be used again after a failure', async () => {
    const { screen, usage } = await customer()
    edge.gpu.trouble = () => ({ status: 503 })
    expect((await screen(png, headers)).status).toBe(503)
    edge.gpu.trouble = undefined
    expect((await screen(png, headers)).status).toBe(200)
    expect((await usage()).billed).toBe(1)
  })

  it('is forgotten after 24 hours', async () => {
    const { screen, usage } = await customer()
    await screen(png, headers)
    now += 24 * 3600_000 + 1
    expect((await screen(other, headers)).status).toBe(200)
    expect((await usage()).billed).toBe(2)
  })

  it.each(['', 'a b', 'x'.repeat(256), 'schl\u00fcssel'])('%j is refused', async (key) => {
    const { screen } = await customer()
    expect(await problem(await screen(png, { 'idempotency-key': key }))).toBe('400 request-invalid')
  })

  it('keeps nothing of the image that the ledger could read: the kept answer opens with the image alone', async () => {
    const { id, screen } = await customer()
    const answer = (await (await screen(png, headers)).json()) as { probabilities: Record<string, number> }
    const opened = edge.ledger(id).open({
      credential: { kind: 'token', scopes: ['screenings:write'] },
      id: 'look',
      idempotencyKey: 'study-7',
      leaseMs: 1,
    })
    const kept = opened.ok && opened.kept ? Buffer.from(opened.kept.sealed) : Buffer.alloc(0)
    expect(kept.length).toBeGreaterThan(0)
    const score = Buffer.from(Float32Array.of(Object.values(answer.probabilities)[0]!).buffer)
    expect(kept.includes(score)).toBe(false)
  })
})

describe('a Worker that died', () => {
  it('leaves a reservation that lapses uncharged, and its Idempotency-Key free', async () => {
    const { id, screen, usage } = await customer()
    const ledger = edge.ledger(id)
    const credential = { kind: 'token', scopes: ['screenings:write'] } as const
    ledger.open({ credential, id: 'lost', idempotencyKey: 'k', leaseMs: 1000 })
    expect(await problem(await screen(png, { 'idempotency-key': 'k' }))).toBe('409 idempotency-in-flight')
    now += 1001
    expect((await screen(png, { 'idempotency-key': 'k' })).status).toBe(200)
    expect(await usage()).toEqual({ billed: 1, outcomes: { abandoned: 1, answered: 1 } })
  })

  it('and comes back too late is charged only if nobody else answered', async () => {
    const { id, usage } = await customer()
    const ledger = edge.ledger(id)
    const credential = { kind: 'token', scopes: ['screenings:write'] } as const
    const open = (entry: string) => ledger.open({ credential, id: entry, idempotencyKey: 'k', leaseMs: 1000 })
    const answered = { answered: true, fingerprint: 'f', sealed: Uint8Array.of(1) } as const
    open('slow')
    now += 1001
    open('quick')
    expect(ledger.settle('slow', answered)).toEqual({ ok: true })
    expect(ledger.settle('quick', answered)).toMatchObject({ ok: 'replay', entry: 'slow' })
    expect((await usage()).billed).toBe(1)
  })
})

describe('a plan', () => {
  it('that is prepaid ends with its credits, also for requests at once', async () => {
    const { id, screen, usage } = await customer({ plan: { kind: 'prepaid' } })
    expect(await problem(await screen())).toBe('402 credits-exhausted')
    await edge.admin('POST', `/accounts/${id}/credits`, { amount: 3, reference: 'paid' })
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => screen()))).map(
      ({ status }) => status,
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(3)
    expect((await usage()).billed).toBe(3)
  })

  it('with a monthly quota stops there until the month ends', async () => {
    now = Date.UTC(2026, 6, 30)
    const { screen } = await customer({ plan: { kind: 'quota', perMonth: 2 } })
    await screen()
    await screen()
    const refused = await screen()
    expect(refused.headers.get('retry-after')).toBe(String(2 * 24 * 3600))
    expect(await problem(refused)).toBe('429 quota-exhausted')
    now = Date.UTC(2026, 7, 1)
    expect((await screen()).status).toBe(200)
  })

  it('lets so many test screenings pass a day', async () => {
    const { id } = await customer({ limits: { testPerDay: 1 } })
    const { key } = await edge.newKey(id, { mode: 'test' })
    const screen = () => edge.screen(png, { authorization: `Bearer ${key}` })
    expect((await screen()).status).toBe(200)
    expect(await problem(await screen())).toBe('429 quota-exhausted')
  })
})

describe('limits', () => {
  it('refuse what exceeds the rate, say so beforehand, and pass', async () => {
    const { screen } = await customer({ limits: { perMinute: 60, perKeyPerMinute: 2 } })
    const first = await screen()
    expect(first.headers.get('ratelimit-policy')).toBe('"key";q=2;w=60, "account";q=60;w=60')
    expect(first.headers.get('ratelimit')).toBe('"key";r=1;t=30, "account";r=59;t=1')
    await screen()
    const refused = await screen()
    expect(refused.headers.get('retry-after')).toBe('30')
    expect(refused.headers.get('ratelimit')).toContain('"key";r=0')
    expect(await problem(refused)).toBe('429 rate-limited')
    now += 30_000
    expect((await screen()).status).toBe(200)
  })

  it('cap the screenings in progress', async () => {
    const { screen } = await customer({ limits: { concurrent: 2 } })
    edge.gpu.trouble = () => ({ delayMs: 100 })
    const responses = await Promise.all([screen(), screen(), screen()])
    const refused = responses.filter(({ status }) => status !== 200)
    expect(refused).toHaveLength(1)
    expect(await problem(refused[0]!)).toBe('429 concurrency-limited')
  })
})

describe('GET /v1/usage', () => {
  it('is CSV to who accepts it', async () => {
    now = Date.UTC(2026, 9, 3)
    const { key, screen } = await customer()
    await screen()
    const response = await edge.request('/v1/usage?from=2026-10-01&to=2026-10-31', {
      headers: { authorization: `Bearer ${key}`, accept: 'text/csv' },
    })
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(await response.text()).toMatch(
      /^day,key,mode,outcome,screenings,billed\r\n2026-10-03,[a-z0-9]{8},live,answered,1,1\r\n$/,
    )
  })

  it('refuses what is no date', async () => {
    const { key } = await customer()
    expect((await edge.call('GET', '/v1/usage?from=yesterday', key)).status).toBe(400)
  })
})
