import type { BatchState } from '@detl/core/api/batch'
import type { ProblemCode } from '@detl/core/api/problem'
import { addColumn, type Sql } from '../ledger/sql.ts'
import type { Head, Why } from './book-types.ts'

export type ChunkState = 'waiting' | 'sent' | 'taken' | 'done'

export type Chunk = {
  n: number
  first: number
  size: number
  state: ChunkState
  /** Of one that waits: when it may be taken; of others: when they count as lost. */
  due: number
  token: string | null
  /** How often a worker took it and was not heard of again. */
  lost: number
  /** JSON of the items that are left; null before the first take: all. */
  remaining: string | null
}

export type HeadRow = {
  head: string
  auth: ArrayBuffer | null
  state: BatchState
  created: number
  ended: number | null
  expires: number | null
  total: number
  succeeded: number
  failed: number
  cancelled: number
  code: ProblemCode | null
  detail: string | null
  hold: number
  outages: number
  told: string | null
  /** That it may have, as far as it last asked. */
  workers: number
}

/** The tables of one batch. */
export function batchTables(sql: Sql) {
  sql.exec(`CREATE TABLE IF NOT EXISTS batch (
      one INTEGER PRIMARY KEY, head TEXT NOT NULL, auth BLOB, state TEXT NOT NULL, created INTEGER NOT NULL, ended INTEGER, expires INTEGER,
      total INTEGER NOT NULL, succeeded INTEGER NOT NULL, failed INTEGER NOT NULL, cancelled INTEGER NOT NULL,
      code TEXT, detail TEXT, hold INTEGER NOT NULL, outages INTEGER NOT NULL, told TEXT);
    CREATE TABLE IF NOT EXISTS chunks (
      n INTEGER PRIMARY KEY, first INTEGER NOT NULL, size INTEGER NOT NULL, state TEXT NOT NULL, due INTEGER NOT NULL,
      token TEXT, lost INTEGER NOT NULL, remaining TEXT);
    CREATE INDEX IF NOT EXISTS chunks_due ON chunks (state, due);
    CREATE TABLE IF NOT EXISTS manifest (n INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS failures (
      item INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, attempts INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS parts (n INTEGER PRIMARY KEY, key TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS pace (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, ended INTEGER NOT NULL)`)
  addColumn(sql, 'batch', 'workers', 'INTEGER NOT NULL DEFAULT 0')
  const set = (fields: Partial<Omit<HeadRow, 'auth'>>) => {
    const names = Object.keys(fields)
    sql.exec(`UPDATE batch SET ${names.map((name) => `${name} = ?`).join(', ')}`, ...Object.values(fields))
  }
  return {
    set,
    row: (): HeadRow | undefined => sql.exec<HeadRow>('SELECT * FROM batch').toArray()[0],
    chunk: (n: number): Chunk | undefined =>
      sql.exec<Chunk>('SELECT * FROM chunks WHERE n = ?', n).toArray()[0],
    inState: (state: ChunkState, due: number, limit: number): Chunk[] =>
      sql
        .exec<Chunk>(
          'SELECT * FROM chunks WHERE state = ? AND due <= ? ORDER BY due, n LIMIT ?',
          state,
          due,
          limit,
        )
        .toArray(),
    sealed: (n: number): Uint8Array | undefined => {
      const row = sql.exec<{ sealed: ArrayBuffer }>('SELECT sealed FROM manifest WHERE n = ?', n).toArray()[0]
      return row && new Uint8Array(row.sealed)
    },
    setChunk(n: number, fields: Partial<Omit<Chunk, 'n'>>): void {
      const names = Object.keys(fields)
      sql.exec(
        `UPDATE chunks SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE n = ?`,
        ...Object.values(fields),
        n,
      )
    },
    fail(item: number, chunk: number, attempts: number, { code, detail }: Why): void {
      sql.exec('INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)', item, chunk, attempts, code, detail)
    },
  }
}
export type Tables = ReturnType<typeof batchTables>

export const headOf = ({ head, auth }: Pick<HeadRow, 'head' | 'auth'>): Head => ({
  ...(JSON.parse(head) as Head),
  ...(auth !== null && { sourceAuthorization: new Uint8Array(auth) }),
})
