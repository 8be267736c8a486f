import type { Limits, Plan, UsageRow } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import type { ProblemCode } from '@detl/core/api/problem'
import { dayOf, type Sql } from './sql.ts'

const REPLAY_MS = 24 * 3600_000
const EXPORT_RETRY_MAX_MS = 6 * 3600_000

export type Refusal = {
  readonly ok: false
  readonly code: ProblemCode
  readonly detail: string
  readonly retryAfterS?: number
}

/** What is kept of an answer so that a repeat of its request gets the same one: see `seal.ts`. */
export type KeptAnswer = { readonly entry: string; readonly fingerprint: string; readonly sealed: Uint8Array }

export type Reservation = {
  readonly id: string
  readonly key: string
  readonly mode: KeyMode
  readonly idempotencyKey: string | undefined
  readonly leaseMs: number
}

export type Reserved = { readonly ok: true } | (KeptAnswer & { readonly ok: 'replay' }) | Refusal

export type Outcome =
  | { readonly answered: true; readonly fingerprint?: string; readonly sealed?: Uint8Array }
  | { readonly answered: false; readonly code: string }

export type Settled =
  | { readonly ok: true }
  /** Another attempt with the same Idempotency-Key was answered first: its answer is the one to give. */
  | (KeptAnswer & { readonly ok: 'replay' })
  | Refusal

/** A charge as it goes to the billing provider; `entry` is unique for ever. */
export type Charge = { readonly entry: string; readonly at: number }

type EntryRow = {
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
type IdempotencyRow = {
  entry: string
  state: 'open' | 'done'
  fingerprint: string | null
  sealed: ArrayBuffer | null
  until: number
}

export type Terms = { readonly plan: Plan; readonly limits: Limits; readonly exported: boolean }

/**
 * The ledger proper: reserve → charge or release. An entry is charged at most once, and of all entries with one Idempotency-Key one.
 * A reservation that nobody settles (its Worker died) lapses with its lease, so that a repeat may try again; should the first one
 * still come, whichever is answered first is charged.
 */
export function entryTable(sql: Sql) {
  const count = (entry: Pick<EntryRow, 'day' | 'key' | 'mode'>, outcome: string, billed: number, by = 1) =>
    sql.exec(
      `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET screenings = screenings + excluded.screenings, billed = billed + excluded.billed`,
      entry.day,
      entry.key,
      entry.mode,
      outcome,
      by,
      billed,
    )
  const kept = (key: string) =>
    sql
      .exec<IdempotencyRow>(
        'SELECT entry, state, fingerprint, sealed, until FROM idempotency WHERE key = ?',
        key,
      )
      .toArray()[0]
  const number = (query: string, ...values: (string | number)[]) =>
    sql.exec<{ n: number | null }>(query, ...values).toArray()[0]?.n ?? 0
  const open = (now: number, mode: KeyMode) =>
    number(`SELECT COUNT(*) AS n FROM entries WHERE state = 'reserved' AND mode = ? AND lease > ?`, mode, now)

  /** What the plan says to one more screening; `own` = 1 where it is already among the reserved ones. */
  function refusalOf({ plan, limits }: Terms, mode: KeyMode, now: number, own = 0): Refusal | undefined {
    const day = dayOf(now)
    const answered = (from: string) =>
      number(
        `SELECT SUM(screenings) AS n FROM usage WHERE day >= ? AND mode = ? AND outcome = 'answered'`,
        from,
        mode,
      )
    const reserved = open(now, mode) - own
    if (mode === 'test') {
      if (answered(day) + reserved < limits.testPerDay) return undefined
      const retryAfterS = Math.ceil((Date.parse(day) + 24 * 3600_000 - now) / 1000)
      return refuse('quota-exhausted', `${limits.testPerDay} test screenings a day`, retryAfterS)
    }
    if (plan.kind === 'prepaid') {
      if (number('SELECT credits AS n FROM account') - reserved > 0) return undefined
      return refuse('credits-exhausted', 'buy credits, or wait for screenings in progress to end')
    }
    if (plan.kind === 'quota') {
      if (answered(`${day.slice(0, 7)}-01`) + reserved < plan.perMonth) return undefined
      const date = new Date(now)
      const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
      return refuse('quota-exhausted', `${plan.perMonth} screenings a month`, Math.ceil((next - now) / 1000))
    }
    return undefined
  }

  function release(entry: EntryRow, outcome: string) {
    sql.exec(`UPDATE entries SET state = 'released', outcome = ? WHERE id = ?`, outcome, entry.id)
    count(entry, outcome, 0)
    if (entry.idempotency !== null)
      sql.exec(
        `DELETE FROM idempotency WHERE key = ? AND entry = ? AND state = 'open'`,
        entry.idempotency,
        entry.id,
      )
  }

  return {
    reserve(r: Reservation, terms: Terms, now: number): Reserved {
      // Live and test keys do not share answers.
      const idempotency = r.idempotencyKey === undefined ? null : `${r.mode}:${r.idempotencyKey}`
      const entry = { day: dayOf(now), key: r.key, mode: r.mode }
      const earlier = idempotency === null ? undefined : kept(idempotency)
      if (earlier && earlier.until > now) {
        if (earlier.state === 'done') {
          // The answer of a job, which its owner has told us to forget: a repeat is neither answered nor charged once more.
          if (!earlier.sealed)
            return refuse('conflict', 'the answer was deleted; use a new Idempotency-Key to screen again')
          return replay(earlier) // counted when it is known whether the image is the same
        }
        const retryAfterS = Math.max(1, Math.ceil((earlier.until - now) / 1000))
        return refuse(
          'idempotency-in-flight',
          'wait for its answer, or for its lease to end',
          Math.min(retryAfterS, 2),
        )
      }
      const refusal = refusalOf(terms, r.mode, now)
      if (refusal) return refusal
      if (open(now, 'live') + open(now, 'test') >= terms.limits.concurrent)
        return refuse('concurrency-limited', `${terms.limits.concurrent} screenings at once`, 1)

      const lease = now + r.leaseMs
      sql.exec(
        `INSERT INTO entries (id, at, day, key, mode, state, lease, idempotency) VALUES (?, ?, ?, ?, ?, 'reserved', ?, ?)`,
        r.id,
        now,
        entry.day,
        r.key,
        r.mode,
        lease,
        idempotency,
      )
      if (idempotency !== null)
        sql.exec(
          `INSERT OR REPLACE INTO idempotency VALUES (?, ?, 'open', NULL, NULL, ?)`,
          idempotency,
          r.id,
          lease,
        )
      return { ok: true }
    },

    /** Counts a request that found a kept answer: `replayed`, or why it did not get it. */
    countRepeat: (by: Pick<EntryRow, 'key' | 'mode'>, outcome: string, now: number): void =>
      void count({ ...by, day: dayOf(now) }, outcome, 0),

    settle(id: string, outcome: Outcome, terms: Terms, now: number): Settled {
      const entry = sql.exec<EntryRow>('SELECT * FROM entries WHERE id = ?', id).toArray()[0]
      if (!entry) return refuse('internal', 'the ledger has no such entry')
      if (entry.state === 'charged') return { ok: true }
      if (!outcome.answered) {
        if (entry.state === 'reserved') release(entry, outcome.code)
        return { ok: true }
      }
      const earlier = entry.idempotency === null ? undefined : kept(entry.idempotency)
      if (earlier?.state === 'done' && earlier.until > now) {
        if (entry.state === 'reserved') release(entry, 'replayed')
        return replay(earlier)
      }
      const lapsed = entry.state === 'released'
      // Its place was given up with its lease; others may have taken it.
      const refusal = lapsed ? refusalOf(terms, entry.mode, now) : undefined
      if (refusal) return refusal
      if (lapsed) count(entry, entry.outcome ?? 'abandoned', 0, -1)

      const billed = entry.mode === 'live' ? 1 : 0
      const exportDue = billed === 1 && terms.exported ? now : null
      sql.exec(
        `UPDATE entries SET state = 'charged', outcome = 'answered', billed = ?, charged = ?, export_due = ? WHERE id = ?`,
        billed,
        now,
        exportDue,
        id,
      )
      count(entry, 'answered', billed)
      if (billed && terms.plan.kind === 'prepaid') sql.exec('UPDATE account SET credits = credits - 1')
      if (entry.idempotency !== null && outcome.sealed && outcome.fingerprint !== undefined)
        sql.exec(
          `INSERT OR REPLACE INTO idempotency VALUES (?, ?, 'done', ?, ?, ?)`,
          entry.idempotency,
          id,
          outcome.fingerprint,
          outcome.sealed,
          now + REPLAY_MS,
        )
      return { ok: true }
    },

    /** A longer lease, for work that goes on after the request. */
    extend(id: string, until: number): void {
      sql.exec(`UPDATE entries SET lease = ? WHERE id = ? AND state = 'reserved'`, until, id)
      sql.exec(`UPDATE idempotency SET until = ? WHERE entry = ? AND state = 'open'`, until, id)
    },
    /** The entry that an Idempotency-Key stands for at present. */
    entryOf: (mode: KeyMode, key: string, now: number): string | undefined => {
      const row = kept(`${mode}:${key}`)
      return row && row.until > now ? row.entry : undefined
    },
    /** Remembers that the entry's Idempotency-Key was answered by a job, which keeps the answer. */
    answeredByJob(id: string, fingerprint: string, now: number): void {
      sql.exec(
        `UPDATE idempotency SET state = 'done', fingerprint = ?, until = ? WHERE entry = ?`,
        fingerprint,
        now + REPLAY_MS,
        id,
      )
    },
    /** Reservations whose lease has ended. */
    lapse(now: number): void {
      const rows = sql
        .exec<EntryRow>(`SELECT * FROM entries WHERE state = 'reserved' AND lease <= ?`, now)
        .toArray()
      for (const entry of rows) release(entry, 'abandoned')
    },
    /** Forgets the answers that were kept for repeats. */
    forget(now: number): void {
      sql.exec('DELETE FROM idempotency WHERE until <= ?', now)
    },
    /** When the next reservation lapses, kept answer is to be forgotten, or charge to be exported. */
    nextDue: (): number | undefined =>
      sql
        .exec<{ n: number | null }>(
          `SELECT MIN(n) AS n FROM (SELECT MIN(lease) AS n FROM entries WHERE state = 'reserved'
           UNION ALL SELECT MIN(until) FROM idempotency UNION ALL SELECT MIN(export_due) FROM entries WHERE export_due IS NOT NULL)`,
        )
        .toArray()[0]?.n ?? undefined,

    usage: (from: string, to: string): UsageRow[] =>
      sql
        .exec<UsageRow>(
          'SELECT * FROM usage WHERE day >= ? AND day <= ? AND screenings > 0 ORDER BY day, key, mode, outcome',
          from,
          to,
        )
        .toArray(),

    /** Charges that the billing provider should be told of now: never sent, or sent so long ago without a confirmation that they may be lost. */
    dueExports: (now: number, limit: number): Charge[] =>
      sql
        .exec<{ entry: string; at: number }>(
          'SELECT id AS entry, charged AS at FROM entries WHERE export_due <= ? ORDER BY export_due LIMIT ?',
          now,
          limit,
        )
        .toArray(),
    /** On their way; sent again after `retryMs`, then twice that, and so on, until they are confirmed. */
    exportsSent(ids: readonly string[], now: number, retryMs: number): void {
      for (const id of ids)
        sql.exec(
          `UPDATE entries SET export_due = ? + MIN(?, ? << MIN(export_tries, 10)), export_tries = export_tries + 1
           WHERE id = ? AND export_due IS NOT NULL`,
          now,
          EXPORT_RETRY_MAX_MS,
          retryMs,
          id,
        )
    },
    /** The provider has them. */
    exportsConfirmed(ids: readonly string[]): void {
      for (const id of ids) sql.exec('UPDATE entries SET export_due = NULL WHERE id = ?', id)
    },
    /** What was charged in [from, to): what the billing provider should have too. */
    charged: (from: number, to: number): number =>
      number('SELECT COUNT(*) AS n FROM entries WHERE billed = 1 AND charged >= ? AND charged < ?', from, to),
    chargedEntries: (from: number, to: number): string[] =>
      sql
        .exec<{ id: string }>(
          'SELECT id FROM entries WHERE billed = 1 AND charged >= ? AND charged < ?',
          from,
          to,
        )
        .toArray()
        .map(({ id }) => id),
  }
}

function replay(row: IdempotencyRow): KeptAnswer & { ok: 'replay' } {
  return {
    ok: 'replay',
    entry: row.entry,
    fingerprint: row.fingerprint!,
    sealed: new Uint8Array(row.sealed!),
  }
}

function refuse(code: ProblemCode, detail: string, retryAfterS?: number): Refusal {
  return { ok: false, code, detail, ...(retryAfterS !== undefined && { retryAfterS }) }
}
