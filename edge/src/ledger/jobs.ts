import type { Sql } from './sql.ts'

const KEPT_MS = 24 * 3600_000

export type JobState = 'queued' | 'succeeded' | 'failed' | 'cancelled'
export type Job = {
  readonly id: string
  readonly state: JobState
  readonly createdAt: number
  readonly expiresAt: number
  readonly fingerprint: string
  /** Sealed: the tensor while it waits, the answer once it is there (`seal.ts`). */
  readonly input: Uint8Array | undefined
  readonly output: Uint8Array | undefined
  readonly problem: { readonly code: string; readonly detail: string } | undefined
}

type JobRow = {
  id: string
  state: JobState
  created: number
  until: number
  fingerprint: string
  input: ArrayBuffer | null
  output: ArrayBuffer | null
  code: string | null
  detail: string | null
}

/** Screenings that are answered later. What a job holds of an X-ray is sealed, and gone with its end; its answer is kept for a day. */
export function jobTable(sql: Sql) {
  sql.exec(`CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, created INTEGER NOT NULL, until INTEGER NOT NULL, due INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, input BLOB, output BLOB, code TEXT, detail TEXT);
    CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due) WHERE state = 'queued'`)
  return {
    add(id: string, fingerprint: string, input: Uint8Array, now: number, dueMs: number): void {
      sql.exec(
        `INSERT INTO jobs VALUES (?, 'queued', ?, ?, ?, ?, ?, NULL, NULL, NULL)`,
        id,
        now,
        now + KEPT_MS,
        now + dueMs,
        fingerprint,
        input,
      )
    },
    get(id: string, now: number): Job | undefined {
      const row = sql.exec<JobRow>('SELECT * FROM jobs WHERE id = ? AND until > ?', id, now).toArray()[0]
      return row && toJob(row)
    },
    /** Ends a job that waits: its input is forgotten, and its answer is kept for a day from now. @returns false if it had ended before */
    end(
      id: string,
      state: JobState,
      result: { output?: Uint8Array; code?: string; detail?: string },
      now: number,
    ): boolean {
      const waiting =
        sql.exec(`SELECT 1 AS n FROM jobs WHERE id = ? AND state = 'queued'`, id).toArray().length > 0
      if (waiting)
        sql.exec(
          'UPDATE jobs SET state = ?, until = ?, input = NULL, output = ?, code = ?, detail = ? WHERE id = ?',
          state,
          now + KEPT_MS,
          result.output ?? null,
          result.code ?? null,
          result.detail ?? null,
          id,
        )
      return waiting
    },
    forget: (id: string): void => void sql.exec('DELETE FROM jobs WHERE id = ?', id),
    forgetBefore: (now: number): void => void sql.exec('DELETE FROM jobs WHERE until <= ?', now),
    /** Jobs whose message may have been lost; each is due again after `dueMs`. */
    takeDue(now: number, dueMs: number): string[] {
      const ids = sql
        .exec<{ id: string }>(`SELECT id FROM jobs WHERE state = 'queued' AND due <= ?`, now)
        .toArray()
        .map(({ id }) => id)
      for (const id of ids) sql.exec('UPDATE jobs SET due = ? WHERE id = ?', now + dueMs, id)
      return ids
    },
    nextDue: (): number | undefined =>
      sql
        .exec<{ n: number | null }>(
          `SELECT MIN(n) AS n FROM (SELECT MIN(due) AS n FROM jobs WHERE state = 'queued' UNION ALL SELECT MIN(until) FROM jobs)`,
        )
        .toArray()[0]?.n ?? undefined,
  }
}

const bytes = (value: ArrayBuffer | null) => (value === null ? undefined : new Uint8Array(value))

const toJob = (row: JobRow): Job => ({
  id: row.id,
  state: row.state,
  createdAt: row.created,
  expiresAt: row.until,
  fingerprint: row.fingerprint,
  input: bytes(row.input),
  output: bytes(row.output),
  problem: row.code === null ? undefined : { code: row.code, detail: row.detail ?? '' },
})
