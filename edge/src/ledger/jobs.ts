import type { KeyMode } from '@detl/core/api/api-key'
import type { Job, JobState, NewJob } from './ledger.ts'
import { addColumn, exists, number, type Sql } from './sql.ts'

const KEPT_MS = 24 * 3600_000
/** Of a job that has ended and of which everybody was told. */
const NEVER = Number.MAX_SAFE_INTEGER

type JobRow = {
  id: string
  mode: KeyMode
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
export function jobTable(sql: Sql, clock: () => number) {
  createTable(sql)
  return {
    ...readers(sql, clock),
    add({ id, mode, fingerprint, input, dueMs }: NewJob): void {
      const now = clock()
      sql.exec(
        `INSERT INTO jobs (id, state, created, until, due, fingerprint, input, mode) VALUES (?, 'queued', ?, ?, ?, ?, ?, ?)`,
        id,
        now,
        now + KEPT_MS,
        now + dueMs,
        fingerprint,
        input,
        mode,
      )
    },
    /** Ends a job that waits: its input is forgotten, and its answer is kept for a day from now. @returns false if it had ended before */
    end(
      id: string,
      state: JobState,
      result: { output?: Uint8Array; code?: string; detail?: string },
    ): boolean {
      const waiting = exists(sql, `SELECT 1 AS n FROM jobs WHERE id = ? AND state = 'queued'`, id)
      if (waiting)
        sql.exec(
          'UPDATE jobs SET state = ?, until = ?, due = ?, input = NULL, output = ?, code = ?, detail = ? WHERE id = ?',
          state,
          clock() + KEPT_MS,
          NEVER,
          result.output ?? null,
          result.code ?? null,
          result.detail ?? null,
          id,
        )
      return waiting
    },
    /** Ends a job that waits since its reservation has; the queue's consumer is to tell so. */
    lapse(id: string): void {
      const now = clock()
      sql.exec(
        `UPDATE jobs SET state = 'failed', until = ?, due = ?, input = NULL, code = 'upstream-timeout', detail = ? WHERE id = ? AND state = 'queued'`,
        now + KEPT_MS,
        now,
        'nobody could score it in time',
        id,
      )
    },
    forget: (id: string): void => void sql.exec('DELETE FROM jobs WHERE id = ?', id),
    forgetOld: (): void => void sql.exec('DELETE FROM jobs WHERE until <= ?', clock()),
    takeDue(dueMs: number): string[] {
      const now = clock()
      const due = sql
        .exec<{ id: string; state: JobState }>('SELECT id, state FROM jobs WHERE due <= ?', now)
        .toArray()
      for (const { id, state } of due)
        sql.exec('UPDATE jobs SET due = ? WHERE id = ?', state === 'queued' ? now + dueMs : NEVER, id)
      return due.map(({ id }) => id)
    },
  }
}

const readers = (sql: Sql, clock: () => number) => ({
  /** @param mode one of the other mode is none */
  get(id: string, mode?: KeyMode): Job | undefined {
    const row = sql
      .exec<JobRow>(
        'SELECT * FROM jobs WHERE id = ? AND until > ? AND mode = COALESCE(?, mode)',
        id,
        clock(),
        mode ?? null,
      )
      .toArray()[0]
    return row && toJob(row)
  },
  nextDue: (): number | undefined =>
    number(
      sql,
      `SELECT MIN(n) AS n FROM (SELECT MIN(due) AS n FROM jobs WHERE due < ${NEVER} UNION ALL SELECT MIN(until) FROM jobs)`,
    ) || undefined,
})

function createTable(sql: Sql): void {
  sql.exec(`CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, created INTEGER NOT NULL, until INTEGER NOT NULL, due INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, input BLOB, output BLOB, code TEXT, detail TEXT);
    CREATE INDEX IF NOT EXISTS jobs_by_due ON jobs (due)`)
  if (addColumn(sql, 'jobs', 'mode', `TEXT NOT NULL DEFAULT 'live'`))
    sql.exec(`UPDATE jobs SET mode = 'test' WHERE id IN (SELECT id FROM entries WHERE mode = 'test')`)
}

const bytes = (value: ArrayBuffer | null) => (value === null ? undefined : new Uint8Array(value))

const toJob = (row: JobRow): Job => ({
  id: row.id,
  mode: row.mode,
  state: row.state,
  createdAt: row.created,
  expiresAt: row.until,
  fingerprint: row.fingerprint,
  input: bytes(row.input),
  output: bytes(row.output),
  problem: row.code === null ? undefined : { code: row.code, detail: row.detail ?? '' },
})
