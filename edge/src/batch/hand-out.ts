import { number, type Sql } from '../ledger/sql.ts'
import type { AfterFinish, Finished, Left, Take, Why } from './book-types.ts'
import { type Chunk, type HeadRow, headOf, type Tables } from './tables.ts'

/** Tries of one item, of faults that pass. */
const MAX_ATTEMPTS = 8
const LONGEST_WAIT_MS = 300_000
/** While the inference server is away, the whole batch waits, for this long at most between two looks. */
const LONGEST_HOLD_MS = 30_000
/** After so many workers that were not heard of again, a chunk's items are given out one by one: the one that ends its worker takes no other along. */
const LOST_BEFORE_ALONE = 3
const PACE_OF = 40
export const AT_ONCE = 100

export type BookOptions = {
  readonly clock: () => number
  /** A worker that has had a chunk for so long counts as dead. */
  readonly leaseMs: number
  /** How long results are kept after the end. */
  readonly keptMs: number
}

/** A batch's tables, and what they are kept by. */
export type Shelf = BookOptions & { readonly sql: Sql; readonly t: Tables }

export function mustRow({ t }: Pick<Shelf, 't'>): HeadRow {
  const row = t.row()
  if (!row) throw new Error('there is no such batch')
  return row
}

/** What was given out and not heard of again is given out anew. */
export function expire(shelf: Shelf, now: number): void {
  const { t } = shelf
  for (const { n } of t.inState('sent', now, AT_ONCE)) t.setChunk(n, { state: 'waiting', due: now })
  for (const chunk of t.inState('taken', now, AT_ONCE)) lose(shelf, chunk, now)
}

function lose(shelf: Shelf, chunk: Chunk, now: number): void {
  const { t } = shelf
  const { n, lost } = chunk
  if (lost < LOST_BEFORE_ALONE) {
    t.setChunk(n, { state: 'waiting', due: now, token: null, lost: lost + 1 })
    return
  }
  const [alone, ...others] = leftOf(chunk)
  if (alone) {
    const why = { code: 'item-lost', detail: `${lost + 1} workers ended while they had it` } as const
    t.fail(alone.item, n, alone.attempts + 1, why)
    t.set({ failed: mustRow(shelf).failed + 1 })
  }
  rest(shelf, n, others, now)
  end(shelf, now)
}

function rest({ t }: Shelf, n: number, left: readonly Left[], due: number): void {
  const state = left.length > 0 ? 'waiting' : 'done'
  t.setChunk(n, { state, due, token: null, remaining: JSON.stringify(left) })
}

/** A chunk for a worker; undefined where there is nothing of it to be done now. */
export function take(shelf: Shelf, n: number): Take | undefined {
  const { t, clock, leaseMs } = shelf
  const now = clock()
  expire(shelf, now)
  const row = t.row()
  const chunk = t.chunk(n)
  if (!chunk || (chunk.state !== 'sent' && chunk.state !== 'waiting')) return undefined
  if (row?.state !== 'running') {
    if (chunk.state === 'sent') t.setChunk(n, { state: 'waiting', due: now })
    return undefined
  }
  const token = crypto.randomUUID()
  const all = leftOf(chunk)
  const left = chunk.lost >= LOST_BEFORE_ALONE ? all.slice(0, 1) : all
  const until = now + leaseMs
  t.setChunk(n, { state: 'taken', due: until, token })
  return { head: headOf(row), chunk: n, token, sealed: t.sealed(n)!, first: chunk.first, left, until }
}

/**
 * What came of a take is written down, all of it or nothing.
 * @throws Error where items are missing in it
 */
export function finish(shelf: Shelf, done: Finished): AfterFinish {
  const { sql, t, clock } = shelf
  const now = clock()
  const chunk = t.chunk(done.chunk)
  const row = t.row()
  if (!row || chunk?.state !== 'taken' || chunk.token !== done.token) return { stale: true }
  const before = leftOf(chunk)
  const others = chunk.lost >= LOST_BEFORE_ALONE ? before.slice(1) : []
  const { left, failures, waitMs } = sorted(done, before)
  const answered = done.part?.items ?? 0
  if (answered + left.length + failures.length + others.length !== before.length)
    throw new Error(`chunk ${done.chunk}: ${before.length} items were given, and not all came back`)
  if (done.part) sql.exec('INSERT INTO parts (key) VALUES (?)', done.part.key)
  for (const { item, attempts, ...why } of failures) t.fail(item, done.chunk, attempts, why)
  rest(shelf, done.chunk, [...left, ...others], now + waitMs)
  t.set({ succeeded: row.succeeded + answered, failed: row.failed + failures.length })
  if (answered + failures.length > 0) keepPace(shelf, now)
  hold(shelf, row, done, now)
  if (done.stop && row.state === 'running') t.set({ state: 'paused', ...done.stop, told: `paused ${now}` })
  if (row.state === 'cancelling') cancelWaiting(shelf)
  end(shelf, now)
  const again = mustRow(shelf)
  if (!done.more || again.state !== 'running' || again.hold > now) return { stale: false }
  // Also one whose message is still on its way: who it calls finds it taken.
  const [next] = [...t.inState('waiting', now, 1), ...t.inState('sent', Number.MAX_SAFE_INTEGER, 1)]
  return { stale: false, next: next && take(shelf, next.n) }
}

/** What becomes of the items that were not answered. */
function sorted({ failed, again, unbegun }: Finished, before: readonly Left[]) {
  const tried = new Map(before.map(({ item, attempts }) => [item, attempts]))
  const left: Left[] = unbegun.map((item) => ({ item, attempts: tried.get(item) ?? 0 }))
  const failures = failed.map((one) => ({ ...one, attempts: (tried.get(one.item) ?? 0) + 1 }))
  let waitMs = 0
  for (const { item, code, detail } of again) {
    // That the inference server is away, or the worker has much to do, is no fault of the item.
    const counts = code !== 'upstream-unavailable' && code !== 'overloaded'
    const attempts = (tried.get(item) ?? 0) + (counts ? 1 : 0)
    if (attempts >= MAX_ATTEMPTS) failures.push({ item, code, detail, attempts })
    else {
      left.push({ item, attempts })
      waitMs = Math.max(waitMs, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** attempts))
    }
  }
  return { left: left.sort((a, b) => a.item - b.item), failures, waitMs }
}

/** While nothing comes of the inference server, no more is sent to it than shows whether it is back. */
function hold({ t }: Shelf, row: HeadRow, { part, again }: Finished, now: number): void {
  const away = again.find(({ code }) => code === 'upstream-unavailable')
  if (part) {
    if (row.outages > 0) t.set({ outages: 0, hold: 0, code: null, detail: null })
    return
  }
  if (!away) return
  const outages = row.outages + 1
  const until = now + Math.min(LONGEST_HOLD_MS, 500 * 2 ** Math.min(outages, 10))
  t.set({ outages, hold: until, code: away.code, detail: away.detail } satisfies Partial<HeadRow> & Why)
}

export function cancelWaiting(shelf: Shelf): void {
  const { t } = shelf
  let { cancelled } = mustRow(shelf)
  for (;;) {
    const some = (['waiting', 'sent'] as const).flatMap((state) =>
      t.inState(state, Number.MAX_SAFE_INTEGER, AT_ONCE),
    )
    if (some.length === 0) break
    for (const chunk of some) {
      cancelled += leftOf(chunk).length
      t.setChunk(chunk.n, { state: 'done', token: null })
    }
  }
  t.set({ cancelled })
}

/** Ends the batch when nothing of it is left. */
export function end(shelf: Shelf, now: number): void {
  const { sql, t, keptMs } = shelf
  const { state } = mustRow(shelf)
  if (state !== 'running' && state !== 'cancelling' && state !== 'paused') return
  if (number(sql, `SELECT COUNT(*) AS n FROM chunks WHERE state != 'done'`) > 0) return
  t.set({
    state: state === 'cancelling' ? 'cancelled' : 'completed',
    ended: now,
    expires: now + keptMs,
    code: null,
    detail: null,
    told: `ended ${now}`,
  })
}

function keepPace(shelf: Shelf, now: number): void {
  const { succeeded, failed } = mustRow(shelf)
  shelf.sql.exec('INSERT INTO pace (at, ended) VALUES (?, ?)', now, succeeded + failed)
  shelf.sql.exec('DELETE FROM pace WHERE n <= (SELECT MAX(n) FROM pace) - ?', PACE_OF)
}

/** Items a millisecond, of the last finished chunks; what stands still since then counts. */
export function pace({ sql, clock }: Shelf): number | null {
  const rows = sql.exec<{ at: number; ended: number }>('SELECT at, ended FROM pace ORDER BY n').toArray()
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last || last.at <= first.at) return null
  return (last.ended - first.ended) / (Math.max(clock(), last.at) - first.at)
}

export function leftOf({ first, size, remaining }: Chunk): Left[] {
  if (remaining !== null) return JSON.parse(remaining) as Left[]
  return Array.from({ length: size }, (_, i) => ({ item: first + i, attempts: 0 }))
}
