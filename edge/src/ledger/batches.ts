import type { KeyMode } from '@detl/core/api/api-key'
import type { BatchRow } from './ledger.ts'
import { testMade } from './made-by.ts'
import { addColumn, exists, type Sql } from './sql.ts'

/** Which batches an account has; how each stands, its own object knows (`batch/batch.ts`). */
export function batchTable(sql: Sql, clock: () => number) {
  sql.exec('CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, created INTEGER NOT NULL)')
  if (addColumn(sql, 'batches', 'mode', `TEXT NOT NULL DEFAULT 'live'`))
    sql.exec(`UPDATE batches SET mode = 'test' WHERE id IN (${testMade('batch.created')})`)
  return {
    /** One that is there already stays as it is. */
    add: (id: string, mode: KeyMode): void =>
      void sql.exec('INSERT OR IGNORE INTO batches (id, created, mode) VALUES (?, ?, ?)', id, clock(), mode),
    /** Newest first. */
    list: (limit: number, mode: KeyMode): BatchRow[] =>
      sql
        .exec<BatchRow>(
          'SELECT id, created FROM batches WHERE mode = ? ORDER BY created DESC, id DESC LIMIT ?',
          mode,
          limit,
        )
        .toArray(),
    has: (id: string, mode: KeyMode): boolean =>
      exists(sql, 'SELECT 1 AS n FROM batches WHERE id = ? AND mode = ?', id, mode),
    remove: (id: string): void => void sql.exec('DELETE FROM batches WHERE id = ?', id),
  }
}
