import { exportUsage } from '@detl/edge/billing/export'
import { reconcile } from '@detl/edge/billing/reconcile'
import type { BillingSink, UsageEvent } from '@detl/edge/billing/sink'
import { stripeSink } from '@detl/edge/billing/stripe'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { localAccounts } from '../support/local-accounts.ts'
import { METER, STRIPE_KEY, stripeStandIn } from '../support/stripe-stand-in.ts'

const HOUR = 3600_000
let stripe: Awaited<ReturnType<typeof stripeStandIn>>
let sink: BillingSink
beforeAll(async () => {
  stripe = await stripeStandIn()
  sink = stripeSink({ apiKey: STRIPE_KEY, baseUrl: stripe.url, eventName: 'detl_screening', meterId: METER })
})
beforeEach(() => {
  stripe.events.clear()
  stripe.fail = undefined
})
afterAll(() => stripe.stop())

const event = (entry: string, at = Date.now()): UsageEvent => ({
  entry,
  account: 'clinic',
  customer: 'cus_1',
  at,
})

/** A queue's batch that remembers what became of each message. */
function batchOf(events: readonly UsageEvent[], attempts = 1) {
  const fates = new Map<string, string>()
  const messages = events.map((body) => ({
    body,
    attempts,
    ack: () => void fates.set(body.entry, 'ack'),
    retry: ({ delaySeconds }: { delaySeconds: number }) =>
      void fates.set(body.entry, `retry in ${delaySeconds} s`),
  }))
  return { fates, batch: { messages } as unknown as Parameters<typeof exportUsage>[0] }
}

/** A ledger with so many charged live screenings. */
function charged(count: number, clock: () => number = Date.now) {
  const { accounts, ledger } = localAccounts(clock)
  const clinic = ledger('clinic')
  clinic.configure(
    { name: 'clinic', plan: { kind: 'postpaid' }, limits: {}, billingCustomer: 'cus_1' },
    'tests',
  )
  for (let i = 0; i < count; i++) {
    const credential = { kind: 'token', scopes: ['screenings:write'] } as const
    clinic.open({ credential, id: `entry-${i}`, idempotencyKey: undefined, leaseMs: 1000 })
    clinic.settle(`entry-${i}`, { answered: true })
  }
  return { accounts, clinic }
}

describe('Stripe’s meter events', () => {
  it('count a screening once, however often it is reported', async () => {
    const at = Date.now()
    await sink.report(event('a', at))
    await sink.report(event('a', at))
    await sink.report(event('b', at))
    const from = Math.floor(at / 60_000) * 60_000
    expect(await sink.total('cus_1', from, from + 60_000)).toBe(2)
    expect(await sink.total('cus_2', from, from + 60_000)).toBe(0)
    expect(stripe.events.get('a')).toEqual({ customer: 'cus_1', value: 1, timestamp: Math.floor(at / 1000) })
  })

  it.each([
    [500, false],
    [429, false],
    [401, true],
    [400, true],
  ])('that fail with %i are permanent: %s', async (status, permanent) => {
    stripe.fail = () => status
    await expect(sink.report(event('a'))).rejects.toMatchObject({ name: 'SinkError', permanent })
  })
})

describe('the export', () => {
  it('confirms to the ledger what the provider has, and tries again what it has not', async () => {
    const { accounts, clinic } = charged(3)
    const due = clinic.dueExports(10)
    expect(due.map(({ entry }) => entry)).toEqual(['entry-0', 'entry-1', 'entry-2'])
    clinic.exportsSent(
      due.map(({ entry }) => entry),
      HOUR,
    )
    const { batch, fates } = batchOf(
      due.map(({ entry, at }) => event(entry, at)),
      3,
    )
    const failing: BillingSink = {
      ...sink,
      report: async (usage) => {
        if (usage.entry === 'entry-1') throw new Error('reset')
        await sink.report(usage)
      },
    }
    await exportUsage(batch, failing, accounts)
    expect(Object.fromEntries(fates)).toEqual({
      'entry-0': 'ack',
      'entry-1': 'retry in 8 s',
      'entry-2': 'ack',
    })
    expect([...stripe.events.keys()]).toEqual(['entry-0', 'entry-2'])
  })

  it('sends again, later and later, what nobody confirmed', () => {
    let now = Date.UTC(2026, 0, 1)
    const { clinic } = charged(1, () => now)
    const waits: number[] = []
    for (let i = 0; i < 5; i++) {
      expect(clinic.dueExports(10)).toHaveLength(1)
      clinic.exportsSent(['entry-0'], HOUR)
      expect(clinic.dueExports(10)).toEqual([])
      const due = clinic.nextDue()!
      waits.push((due - now) / HOUR)
      now = due
    }
    expect(waits).toEqual([1, 2, 4, 6, 6])
    clinic.exportsConfirmed(['entry-0'])
    now += 1000 * HOUR
    expect(clinic.dueExports(10)).toEqual([])
  })
})

describe('reconciliation', () => {
  it('finds what the provider lacks', async () => {
    const { accounts, clinic } = charged(4)
    const [first, ...others] = clinic.dueExports(10)
    for (const { entry, at } of others) await sink.report(event(entry, at))
    const window = [Date.now() - HOUR, Date.now() + HOUR].map((at) => Math.floor(at / 60_000) * 60_000)
    const run = () => reconcile(accounts, ['clinic', 'nobody'], sink, window[0]!, window[1]!)
    expect(await run()).toEqual([{ account: 'clinic', charged: 4, reported: 3, difference: 1 }])
    await sink.report(event(first!.entry, first!.at))
    expect(await run()).toMatchObject([{ difference: 0 }])
  })
})
