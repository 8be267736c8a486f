import type { KeyMode } from '@detl/core/api/api-key'
import { number, type Sql } from './sql.ts'

const KEPT_MS = 24 * 3600_000

type Row = {
  entry: string
  state: 'open' | 'done'
  fingerprint: string | null
  sealed: ArrayBuffer | null
  until: number
}
/** What an Idempotency-Key stands for: a screening in progress, or one that was answered and, unless a job keeps it, its answer. */
export type Claim = {
  readonly entry: string
  readonly state: 'open' | 'done'
  readonly fingerprint: string | undefined
  readonly sealed: Uint8Array | undefined
  readonly until: number
}

/** A key as it is kept: live and test keys do not share answers. */
export const scopedKey = (mode: KeyMode, idempotencyKey: string): string => `${mode}:${idempotencyKey}`

/** Idempotency-Keys and the answers that are kept for them, for a day. */
export function idempotencyTable(sql: Sql, clock: () => number) {
  sql.exec(`CREATE TABLE IF NOT EXISTS idempotency (
      key TEXT PRIMARY KEY, entry TEXT NOT NULL, state TEXT NOT NULL, fingerprint TEXT, sealed BLOB, until INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS idempotency_until ON idempotency (until)`)
  return {
    find(key: string): Claim | undefined {
      const row = sql
        .exec<Row>(
          'SELECT entry, state, fingerprint, sealed, until FROM idempotency WHERE key = ? AND until > ?',
          key,
          clock(),
        )
        .toArray()[0]
      return row && toClaim(row)
    },
    /** From now on the key stands for this entry, which is in progress. */
    claim: (key: string, entry: string, until: number): void =>
      void sql.exec(
        `INSERT OR REPLACE INTO idempotency VALUES (?, ?, 'open', NULL, NULL, ?)`,
        key,
        entry,
        until,
      ),
    extend: (entry: string, until: number): void =>
      void sql.exec(`UPDATE idempotency SET until = ? WHERE entry = ? AND state = 'open'`, until, entry),
    /** The entry was answered. @param sealed its answer, unless a job keeps that */
    answered: (key: string, entry: string, fingerprint: string, sealed?: Uint8Array): void =>
      void sql.exec(
        `INSERT OR REPLACE INTO idempotency VALUES (?, ?, 'done', ?, ?, ?)`,
        key,
        entry,
        fingerprint,
        sealed ?? null,
        clock() + KEPT_MS,
      ),
    /** The entry came to nothing: the key may be used again. */
    free: (key: string, entry: string): void =>
      void sql.exec(`DELETE FROM idempotency WHERE key = ? AND entry = ? AND state = 'open'`, key, entry),
    forget: (): void => void sql.exec('DELETE FROM idempotency WHERE until <= ?', clock()),
    nextDue: (): number | undefined => number(sql, 'SELECT MIN(until) AS n FROM idempotency') || undefined,
  }
}

const toClaim = ({ entry, state, fingerprint, sealed, until }: Row): Claim => ({
  entry,
  state,
  fingerprint: fingerprint ?? undefined,
  sealed: sealed === null ? undefined : new Uint8Array(sealed),
  until,
})
