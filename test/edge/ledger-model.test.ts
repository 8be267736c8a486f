/**
 * The ledger against what is promised of it, under any order of requests, jobs, lapses, restarts and exports: a screening is billed
 * once, and only when it was answered; what was billed is exported once there is somebody to bill.
 */
import { createLedger } from '@detl/edge/ledger/create-ledger'
import type { Ledger } from '@detl/edge/ledger/ledger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeSql } from '../support/local-accounts.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const LEASE = MINUTE
const JOB_LEASE = 2 * HOUR
const CREDITS = 3

type Screening = { id: string; key: string | undefined; image: string; job: boolean; over: boolean }

/** The ledger, and what a caller who writes everything down has seen of it. */
class World {
  readonly #sql = nodeSql()
  now = Date.UTC(2026, 0, 1, 23)
  ledger = this.#open()
  readonly screenings: Screening[] = []
  /** Ids of screenings whose answer a caller got, by settling them or as the answer of their job, and that were not told to be replays. */
  readonly answered = new Set<string>()
  readonly exported = new Set<string>()
  /** When and for which image each Idempotency-Key was charged. */
  readonly charges = new Map<string, { at: number; image: string }[]>()

  readonly plan: 'postpaid' | 'prepaid'

  constructor(plan: 'postpaid' | 'prepaid') {
    this.plan = plan
    this.put(false)
    if (plan === 'prepaid') this.ledger.addCredits(CREDITS, 'payment', 'tests')
  }
  #open(): Ledger {
    return createLedger('clinic', this.#sql, () => this.now)
  }
  restart(): void {
    this.ledger = this.#open()
  }
  put(customer: boolean): void {
    this.ledger.configure(
      {
        name: 'clinic',
        plan: { kind: this.plan },
        limits: {},
        ...(customer && { billingCustomer: 'cus_1' }),
      },
      'tests',
    )
  }
  charged(): string[] {
    return this.ledger.chargedEntries(0, Number.MAX_SAFE_INTEGER)
  }
  noteCharge({ id, key, image }: Screening): void {
    this.answered.add(id)
    if (key === undefined) return
    const earlier = this.charges.get(key) ?? []
    for (const { at } of earlier)
      expect(this.now - at, `${key} was charged twice within a day`).toBeGreaterThanOrEqual(24 * HOUR)
    this.charges.set(key, [...earlier, { at: this.now, image }])
  }
  /** What the alarm does; the queue and the provider may lose it. */
  export(lost: boolean): void {
    const due = this.ledger.dueExports(100).map(({ entry }) => entry)
    this.ledger.exportsSent(due, 15 * MINUTE)
    if (lost) return
    for (const entry of due) this.exported.add(entry) // the provider counts an identifier once
    this.ledger.exportsConfirmed(due)
  }
  check(): void {
    const charged = this.charged()
    expect(new Set(charged)).toEqual(this.answered)
    const usage = this.ledger.usage('2000-01-01', '2100-01-01')
    expect(usage.reduce((sum, { billed }) => sum + billed, 0)).toBe(charged.length)
    expect(usage.every(({ screenings }) => screenings >= 0)).toBe(true)
    for (const entry of this.exported) expect(charged).toContain(entry)
    if (this.plan === 'prepaid') {
      expect(this.ledger.account()!.credits).toBe(CREDITS - charged.length)
      expect(charged.length).toBeLessThanOrEqual(CREDITS)
    }
  }
}

const credential = { kind: 'token', scopes: ['screenings:write'] } as const
/** The n-th screening that is in progress as far as its own Worker knows: it cannot know that its lease has ended. */
const pick = (world: World, n: number, job: boolean): Screening | undefined => {
  const open = world.screenings.filter((screening) => !screening.over && screening.job === job)
  return open.length === 0 ? undefined : open[n % open.length]
}

type Command = fc.Command<object, World>
const command = (name: string, act: (world: World) => void): Command => ({
  check: () => true,
  run(_, world) {
    act(world)
    world.check()
  },
  toString: () => name,
})

const open = (key: string | undefined, image: string) =>
  command(`open(${key}, ${image})`, (world) => {
    const id = `s${world.screenings.length}`
    const opened = world.ledger.open({ credential, id, idempotencyKey: key, leaseMs: LEASE })
    const over = !opened.ok || opened.kept !== undefined || opened.job !== undefined
    world.screenings.push({ id, key, image, job: false, over })
  })
const settle = (n: number, answered: boolean) =>
  command(`settle(${n}, ${answered})`, (world) => {
    const screening = pick(world, n, false)
    if (!screening) return
    screening.over = true
    if (!answered) return void world.ledger.settle(screening.id, { answered: false, code: 'internal' })
    const kept = screening.key && { fingerprint: screening.image, sealed: Uint8Array.of(1) }
    const settled = world.ledger.settle(screening.id, { answered: true, ...kept })
    if (settled.ok === true) world.noteCharge(screening)
    else if (settled.ok === 'replay') expect(world.charges.get(screening.key!)).toBeDefined()
  })
const job = (n: number) =>
  command(`job(${n})`, (world) => {
    const screening = pick(world, n, false)
    if (!screening) return
    const { id, image: fingerprint } = screening
    const made = world.ledger.createJob({
      id,
      mode: 'live',
      fingerprint,
      input: Uint8Array.of(1),
      leaseMs: JOB_LEASE,
      dueMs: MINUTE,
    })
    screening.job = made.ok
    screening.over = !made.ok
  })
const end = (n: number, answered: boolean) =>
  command(`end(${n}, ${answered})`, (world) => {
    const screening = pick(world, n, true)
    if (!screening) return
    screening.over = true
    const { id, key, image } = screening
    const ended = world.ledger.endJob(
      id,
      answered
        ? { answered, output: Uint8Array.of(2) }
        : { answered, code: 'upstream-unavailable', detail: '' },
    )
    if (!ended || world.ledger.job(id)?.state !== 'succeeded') return
    const replayed = key !== undefined && world.charges.get(key)?.some((charge) => charge.image === image)
    if (!(replayed && !world.charged().includes(id))) world.noteCharge(screening)
  })
const cancel = (n: number) =>
  command(`cancel(${n})`, (world) => {
    const screening = pick(world, n, true)
    if (screening) world.ledger.cancelJob(screening.id, { actor: 'tests', mode: 'live' })
  })
const pass = (ms: number) =>
  command(`pass(${ms / MINUTE} min)`, (world) => {
    world.now += ms
  })
const others = [
  command('tidy', (world) => world.ledger.tidy()),
  command('restart', (world) => world.restart()),
  command('put with a customer', (world) => world.put(true)),
  command('put without a customer', (world) => world.put(false)),
]

const commands = fc.commands(
  [
    fc
      .tuple(fc.constantFrom('a', 'a', 'b', undefined), fc.constantFrom('x', 'x', 'y'))
      .map(([key, image]) => open(key, image)),
    fc.tuple(fc.nat(3), fc.boolean()).map(([n, answered]) => settle(n, answered)),
    fc.nat(3).map(job),
    fc.tuple(fc.nat(3), fc.boolean()).map(([n, answered]) => end(n, answered)),
    fc.nat(3).map(cancel),
    fc.constantFrom(1000, LEASE, JOB_LEASE, 24 * HOUR).map(pass),
    fc.boolean().map((lost) => command(`export(lost: ${lost})`, (world) => world.export(lost))),
    fc.constantFrom(...others),
  ],
  { maxCommands: 60, size: 'max' },
)

describe('the ledger, whatever comes in whatever order', () => {
  it.each(['postpaid', 'prepaid'] as const)(
    'bills once what was answered, and exports all of it (%s)',
    (plan) => {
      fc.assert(
        fc.property(commands, (steps) => {
          const world = new World(plan)
          fc.modelRun(() => ({ model: {}, real: world }), steps)
          world.put(true)
          for (let i = 0; i < 3; i++) {
            world.now += 7 * HOUR
            world.export(false)
          }
          expect(world.exported).toEqual(new Set(world.charged()))
          const due = world.ledger.dueExports(1)
          expect(due).toEqual([])
        }),
        { numRuns: 400 },
      )
    },
  )
})
