import type { BatchRow } from './ledger.ts'
import type { Sql } from './sql.ts'

/** Which batches an account has; how each stands, its own object knows (`batch/batch.ts`). */
export function batchTable(sql: Sql, clock: () => number) {
  sql.exec('CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, created INTEGER NOT NULL)')
  return {
    /** One that is there already stays as it is. */
    add: (id: string): void => void sql.exec('INSERT OR IGNORE INTO batches VALUES (?, ?)', id, clock()),
    /** Newest first. */
    list: (limit: number): BatchRow[] =>
      sql
        .exec<BatchRow>('SELECT id, created FROM batches ORDER BY created DESC, id DESC LIMIT ?', limit)
        .toArray(),
    has: (id: string): boolean =>
      sql.exec('SELECT 1 AS n FROM batches WHERE id = ?', id).toArray().length > 0,
    remove: (id: string): void => void sql.exec('DELETE FROM batches WHERE id = ?', id),
  }
}
