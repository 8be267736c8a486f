import { number, type Sql } from '../ledger/sql.ts'
import type { Book, Due, Failure, Head, NewChunk, Part, Standing } from './book-types.ts'
import {
  type BookOptions,
  cancelWaiting,
  end,
  expire,
  finish,
  leftOf,
  mustRow,
  pace,
  type Shelf,
  take,
} from './hand-out.ts'
import { batchTables, headOf } from './tables.ts'

/** After which a message that nobody took counts as lost, if not sooner by the lease: one too many does no harm. */
const LONGEST_SENT_MS = 60_000
/** A manifest that never came whole is forgotten. */
const LOADING_MS = 3600_000
/** After so long without a piece of the manifest, who brings it counts as gone, and another request may begin anew. */
const STALLED_MS = 60_000

/**
 * One batch: its items in chunks, who has which, what came of them. It is the only truth: a message in the queue is no more than a call to come
 * and take a chunk, and a chunk that is not finished in time is given out again. Every method is one transaction.
 */
export function openBook(sql: Sql, options: BookOptions): Book {
  const shelf: Shelf = { ...options, sql, t: batchTables(sql) }
  return {
    ...ofManifest(shelf),
    ...ofOwner(shelf),
    ...ofReaders(shelf),
    take: (chunk: number) => take(shelf, chunk),
    finish: (done: Parameters<typeof finish>[1]) => finish(shelf, done),
    due: (workers: number) => due(shelf, workers),
    told: (): void => shelf.t.set({ told: null }),
    nextDue: () => nextDue(shelf),
  }
}

type OfManifest = Pick<Book, 'create' | 'add' | 'start'>
const ofManifest = ({ sql, t, clock }: Shelf): OfManifest => {
  const loads = (loader: string) => {
    const row = t.row()
    return row?.state === 'loading' && headOf(row).loader === loader
  }
  return {
    create(head: Head) {
      const row = t.row()
      if (row && row.state !== 'loading') return 'there'
      if (row && clock() < row.expires! - LOADING_MS + STALLED_MS) return 'loading'
      for (const name of ['batch', 'chunks', 'manifest']) sql.exec(`DELETE FROM ${name}`)
      const { sourceAuthorization, ...others } = head
      sql.exec(
        `INSERT INTO batch VALUES (1, ?, ?, 'loading', ?, NULL, ?, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, 0)`,
        JSON.stringify(others),
        sourceAuthorization ?? null,
        clock(),
        clock() + LOADING_MS,
      )
      return 'made'
    },
    add(loader: string, chunks: readonly NewChunk[]): boolean {
      if (!loads(loader)) return false
      t.set({ expires: clock() + LOADING_MS })
      for (const { n, first, size, sealed } of chunks) {
        sql.exec(`INSERT INTO chunks VALUES (?, ?, ?, 'waiting', ?, NULL, 0, NULL)`, n, first, size, clock())
        sql.exec('INSERT INTO manifest VALUES (?, ?)', n, sealed)
      }
      return true
    },
    start(loader: string, paused: boolean): boolean {
      if (!loads(loader)) return false
      const total = number(sql, 'SELECT SUM(size) AS n FROM chunks')
      t.set({ state: paused ? 'paused' : 'running', total, expires: null })
      return true
    },
  }
}

const ofOwner = (shelf: Shelf) => {
  const { sql, t, clock } = shelf
  return {
    pause(): boolean {
      const { state } = t.row() ?? {}
      if (state !== 'running' && state !== 'paused') return false
      t.set({ state: 'paused' })
      return true
    },
    resume(): boolean {
      const { state } = t.row() ?? {}
      if (state !== 'running' && state !== 'paused') return false
      sql.exec('DELETE FROM pace')
      t.set({ state: 'running', code: null, detail: null, hold: 0, outages: 0, told: null })
      return true
    },
    cancel(): boolean {
      const { state } = t.row() ?? {}
      if (state === undefined || state === 'completed') return false
      if (state === 'cancelled' || state === 'cancelling') return true
      t.set({ state: 'cancelling' })
      cancelWaiting(shelf)
      end(shelf, clock())
      return true
    },
    rerun: () => rerun(shelf),
  }
}

function rerun({ sql, t, clock }: Shelf): number | undefined {
  const { state } = t.row() ?? {}
  if (state !== 'completed' && state !== 'running' && state !== 'paused') return undefined
  const failures = sql
    .exec<{ item: number; chunk: number }>('SELECT item, chunk FROM failures ORDER BY item')
    .toArray()
  const now = clock()
  const byChunk = new Map<number, number[]>()
  for (const { item, chunk } of failures) byChunk.set(chunk, [...(byChunk.get(chunk) ?? []), item])
  for (const [n, items] of byChunk) {
    const chunk = t.chunk(n)!
    if (chunk.state === 'taken') continue // its worker does not know of them: after it, by another call
    const left = [...leftOf(chunk), ...items.map((item) => ({ item, attempts: 0 }))]
    t.setChunk(n, { state: 'waiting', due: now, lost: 0, remaining: JSON.stringify(left) })
    sql.exec('DELETE FROM failures WHERE chunk = ?', n)
  }
  const failed = number(sql, 'SELECT COUNT(*) AS n FROM failures')
  if (failed < failures.length) {
    sql.exec('DELETE FROM pace')
    t.set({
      failed,
      state: state === 'completed' ? 'running' : state,
      ended: null,
      expires: null,
      told: null,
    })
  }
  return failures.length - failed
}

const ofReaders = (shelf: Shelf) => {
  const { sql, t } = shelf
  return {
    standing(): Standing | undefined {
      const row = t.row()
      if (!row) return undefined
      const { state, created, ended, expires, total, succeeded, failed, cancelled, code, detail } = row
      return {
        head: headOf(row),
        state,
        createdAt: created,
        endedAt: ended,
        expiresAt: state === 'loading' ? null : expires,
        total,
        succeeded,
        failed,
        cancelled,
        why: code === null ? undefined : { code, detail: detail ?? '' },
        perMs: state === 'running' ? pace(shelf) : null,
      }
    },
    failures: (after: number, limit: number): Failure[] =>
      sql
        .exec<Failure>('SELECT * FROM failures WHERE item > ? ORDER BY item LIMIT ?', after, limit)
        .toArray()
        .map((failure) => ({ ...failure })),
    manifestOf(n: number): { first: number; sealed: Uint8Array } | undefined {
      const [chunk, sealed] = [t.chunk(n), t.sealed(n)]
      return chunk && sealed && { first: chunk.first, sealed }
    },
    parts: (after: number, limit: number): Part[] =>
      sql
        .exec<Part>('SELECT n, key FROM parts WHERE n > ? ORDER BY n LIMIT ?', after, limit)
        .toArray()
        .map(({ n, key }) => ({ n, key })),
  }
}

const given = ({ sql }: Shelf): number =>
  number(sql, `SELECT COUNT(*) AS n FROM chunks WHERE state IN ('sent', 'taken')`)

function due(shelf: Shelf, workers: number): Due {
  const { t, clock, leaseMs } = shelf
  const now = clock()
  const first = t.row()
  if (!first) return { send: [], tell: undefined, expired: false }
  expire(shelf, now)
  if (first.state === 'cancelling') {
    cancelWaiting(shelf)
    end(shelf, now)
  }
  t.set({ workers })
  const row = mustRow(shelf)
  const send: number[] = []
  if (row.state === 'running' && row.hold <= now) {
    // After an outage one goes first, and the others when it has come back.
    const free = (row.outages > 0 ? Math.min(1, workers) : workers) - given(shelf)
    for (const { n } of free > 0 ? t.inState('waiting', now, free) : []) {
      t.setChunk(n, { state: 'sent', due: now + Math.min(LONGEST_SENT_MS, leaseMs) })
      send.push(n)
    }
  }
  const { told } = row
  const type = told?.startsWith('ended') ? 'batch.ended' : 'batch.paused'
  return {
    send,
    tell: told === null ? undefined : { type, id: `evt_${headOf(row).id}_${told.replace(' ', '_')}` },
    expired: row.expires !== null && row.expires <= now,
  }
}

function nextDue(shelf: Shelf): number | undefined {
  const { sql, t, clock } = shelf
  const row = t.row()
  if (!row) return undefined
  if (row.told !== null) return clock()
  const open = sql
    .exec<{ state: string; n: number }>(
      `SELECT state, MIN(due) AS n FROM chunks WHERE state != 'done' GROUP BY state`,
    )
    .toArray()
  const full = given(shelf) >= (row.outages > 0 ? 1 : Math.max(1, row.workers))
  const dues = open.flatMap(({ state, n }) =>
    state !== 'waiting' ? [n] : row.state === 'running' && !full ? [Math.max(n, row.hold)] : [],
  )
  if (row.expires !== null) dues.push(row.expires)
  return dues.length > 0 ? Math.min(...dues) : undefined
}
