import type { KeyMode } from '@detl/core/api/api-key'
import type { Books } from './books.ts'
import { denial } from './denial.ts'
import { type Claim, scopedKey } from './idempotency.ts'
import type { Denial, Outcome, Replay, Settled } from './ledger.ts'
import { planDenial } from './quota.ts'
import { dayOf, number } from './sql.ts'

type Entry = {
  id: string
  at: number
  day: string
  key: string
  mode: KeyMode
  state: 'reserved' | 'charged' | 'released'
  outcome: string | null
  lease: number
  idempotency: string | null
}

export type Reservation = {
  readonly id: string
  readonly key: string
  readonly mode: KeyMode
  readonly idempotencyKey: string | undefined
  readonly leaseMs: number
  /** See `OpenRequest.within`. */
  readonly within: string | undefined
}

/**
 * The ledger proper: reserve → charge or release. An entry is charged at most once, and of all entries with one Idempotency-Key one.
 * A reservation that nobody settles (its Worker died) lapses with its lease, so that a repeat may try again; should the first one
 * still come, whichever is answered first is charged. Jobs have no second chance: one that lapsed has ended.
 */
export function reserve(books: Books, r: Reservation): { readonly ok: true } | Replay | Denial {
  const { clock, profile, idempotency } = books
  const now = clock()
  const key = r.idempotencyKey === undefined ? null : scopedKey(r.mode, r.idempotencyKey)
  const earlier = key === null ? undefined : idempotency.find(key)
  if (earlier) return repeatOf(earlier, now)
  const no = planOf(books, r.mode)
  if (no) return no
  const { concurrent } = profile.account()!.limits
  const within = r.within !== undefined && entryOf(books, r.within)?.state === 'reserved' ? r.within : null
  if (within === null && inProgress(books, r.mode, 'requests') >= concurrent)
    // each mode by itself: test jobs that wait keep no live screening out
    return denial('concurrency-limited', `${concurrent} screenings at once`, 1)

  const lease = now + r.leaseMs
  insert(books, { ...r, lease, idempotency: key, within })
  if (key !== null) idempotency.claim(key, r.id, lease)
  return { ok: true }
}

/**
 * Reserves an item of a batch, whose id is the same at each attempt. What an earlier attempt came to is not counted twice.
 * @returns `charged` where an earlier attempt was
 */
export function reserveAgain(
  books: Books,
  r: Omit<Reservation, 'idempotencyKey' | 'within'> & { readonly batch: string },
): 'reserved' | 'charged' | Denial {
  const { sql, clock, usage } = books
  lapse(books)
  const earlier = entryOf(books, r.id)
  if (earlier?.state === 'charged') return 'charged'
  const lease = clock() + r.leaseMs
  if (earlier?.state === 'reserved') {
    sql.exec('UPDATE entries SET lease = ? WHERE id = ?', lease, r.id)
    return 'reserved'
  }
  const no = planOf(books, r.mode)
  if (no) return no
  if (earlier) {
    usage.count(earlier, earlier.outcome ?? 'abandoned', 0, -1)
    sql.exec(`UPDATE entries SET state = 'reserved', outcome = NULL, lease = ? WHERE id = ?`, lease, r.id)
  } else insert(books, { ...r, lease, idempotency: `${OF_BATCH}${r.batch}`, within: null })
  return 'reserved'
}

/** What stands in an item's entry where that of a request has its Idempotency-Key: those begin with a mode, so this is none. */
const OF_BATCH = 'batch '

function insert(
  { sql, clock }: Books,
  r: Pick<Reservation, 'id' | 'key' | 'mode'> & {
    lease: number
    idempotency: string | null
    within: string | null
  },
): void {
  const now = clock()
  sql.exec(
    `INSERT INTO entries (id, at, day, key, mode, state, lease, idempotency, within)
     VALUES (?, ?, ?, ?, ?, 'reserved', ?, ?, ?)`,
    r.id,
    now,
    dayOf(now),
    r.key,
    r.mode,
    r.lease,
    r.idempotency,
    r.within,
  )
}

/** Charges an entry that was answered; releases one that was not, or whose Idempotency-Key was answered by another. */
export function settle(books: Books, id: string, outcome: Outcome): Settled {
  const { idempotency } = books
  lapse(books)
  const entry = entryOf(books, id)
  if (!entry) return denial('internal', 'the ledger has no such entry')
  if (entry.state === 'charged') return { ok: true }
  if (!outcome.answered) {
    if (entry.state === 'reserved') release(books, entry, outcome.code)
    books.jobs.end(id, 'failed', { code: outcome.code, detail: 'its request failed' })
    return { ok: true }
  }
  const earlier = entry.idempotency === null ? undefined : idempotency.find(entry.idempotency)
  if (earlier?.state === 'done') {
    if (entry.state === 'reserved') release(books, entry, 'replayed')
    return replay(earlier)
  }
  if (entry.state === 'released') {
    // Its place was given up with its lease; others may have taken it.
    const no = planOf(books, entry.mode)
    if (no) return no
    books.usage.count(entry, entry.outcome ?? 'abandoned', 0, -1)
  }
  charge(books, entry)
  if (entry.idempotency !== null && outcome.fingerprint !== undefined)
    idempotency.answered(entry.idempotency, id, outcome.fingerprint, outcome.sealed)
  return { ok: true }
}

/** A longer lease, for work that goes on after the request. @returns false where the reservation is no more */
export function extend(books: Books, id: string, until: number): boolean {
  lapse(books)
  if (entryOf(books, id)?.state !== 'reserved') return false
  books.sql.exec('UPDATE entries SET lease = ? WHERE id = ?', until, id)
  books.idempotency.extend(id, until)
  return true
}

/** Releases the reservations whose lease has ended. A job ends with the reservation that it was made of: it is answered by nobody later. */
export function lapse(books: Books): void {
  const { sql, clock } = books
  const ended = sql
    .exec<Entry>(`SELECT * FROM entries WHERE state = 'reserved' AND lease <= ?`, clock())
    .toArray()
  for (const entry of ended) {
    release(books, entry, 'abandoned')
    books.jobs.lapse(entry.id)
  }
}

export const nextLapse = ({ sql }: Books): number | undefined =>
  number(sql, `SELECT MIN(lease) AS n FROM entries WHERE state = 'reserved'`) || undefined

function charge({ sql, clock, profile, usage }: Books, entry: Entry): void {
  const { plan } = profile.account()!
  const now = clock()
  const billed = entry.mode === 'live' ? 1 : 0
  sql.exec(
    `UPDATE entries SET state = 'charged', outcome = 'answered', billed = ?, charged = ?, export_due = ? WHERE id = ?`,
    billed,
    now,
    billed === 1 ? now : null,
    entry.id,
  )
  usage.count(entry, 'answered', billed)
  if (billed === 1 && plan.kind === 'prepaid') profile.takeCredit()
}

function release({ sql, usage, idempotency }: Books, entry: Entry, outcome: string): void {
  sql.exec(`UPDATE entries SET state = 'released', outcome = ? WHERE id = ?`, outcome, entry.id)
  usage.count(entry, outcome, 0)
  if (entry.idempotency !== null) idempotency.free(entry.idempotency, entry.id)
}

const entryOf = ({ sql }: Books, id: string): Entry | undefined =>
  sql.exec<Entry>('SELECT * FROM entries WHERE id = ?', id).toArray()[0]

/** @param of items of batches, and what is within another entry, count for the plan, not among the screenings at once */
const inProgress = ({ sql, clock }: Books, mode: KeyMode, of: 'all' | 'requests'): number =>
  number(
    sql,
    `SELECT COUNT(*) AS n FROM entries WHERE state = 'reserved' AND mode = ? AND lease > ?
     AND (? = 'all' OR within IS NULL AND (idempotency IS NULL OR idempotency NOT LIKE '${OF_BATCH}%'))`,
    mode,
    clock(),
    of,
  )

const planOf = (books: Books, mode: KeyMode): Denial | undefined =>
  planDenial(
    books.profile.account()!,
    mode,
    { answeredSince: books.usage.answeredSince, reserved: inProgress(books, mode, 'all') },
    books.clock(),
  )

function repeatOf(earlier: Claim, now: number): Replay | Denial {
  if (earlier.state === 'done') return replay(earlier) // counted when it is known whether the image is the same
  const leftS = Math.max(1, Math.ceil((earlier.until - now) / 1000))
  return denial('idempotency-in-flight', 'wait for its answer, or for its lease to end', Math.min(leftS, 2))
}

/** The answer of a job that its owner has told us to forget is not given, nor made and charged, once more. */
function replay({ entry, fingerprint, sealed }: Claim): Replay | Denial {
  if (fingerprint === undefined || !sealed)
    return denial('conflict', 'the answer was deleted; use a new Idempotency-Key to screen again')
  return { ok: 'replay', entry, fingerprint, sealed }
}
