import type { KeyMode } from '@detl/core/api/api-key'
import type { BatchRow } from './ledger.ts'
import { testMade } from './made-by.ts'
import { addColumn, exists, number, type Sql } from './sql.ts'

/** A batch that asked for workers so long ago counts as one that needs none; longer than a worker has one chunk. */
const ASKING_MS = 150_000

/** Which batches an account has; how each stands, its own object knows (`batch/batch.ts`). */
export function batchTable(sql: Sql, clock: () => number) {
  sql.exec('CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY, created INTEGER NOT NULL)')
  if (addColumn(sql, 'batches', 'mode', `TEXT NOT NULL DEFAULT 'live'`))
    sql.exec(`UPDATE batches SET mode = 'test' WHERE id IN (${testMade('batch.created')})`)
  addColumn(sql, 'batches', 'asked', 'INTEGER NOT NULL DEFAULT 0')
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
    /** Of an account's workers, those of one batch: as many as of each other that asks for some, one at least. */
    share(id: string, workers: number): number {
      sql.exec('UPDATE batches SET asked = ? WHERE id = ?', clock(), id)
      const asking = number(sql, 'SELECT COUNT(*) AS n FROM batches WHERE asked > ?', clock() - ASKING_MS)
      return Math.max(1, Math.floor(workers / Math.max(1, asking)))
    },
    remove: (id: string): void => void sql.exec('DELETE FROM batches WHERE id = ?', id),
  }
}
