import type { KeyMode } from '@detl/core/api/api-key'
import type { Webhook } from './ledger.ts'
import { testMade } from './made-by.ts'
import { addColumn, exists, type Sql } from './sql.ts'

type Row = { id: string; url: string; created: number }

/** The addresses that are told when a job or batch has ended: one that keys of their mode made. */
export function webhookTable(sql: Sql, clock: () => number) {
  sql.exec(
    'CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY, url TEXT NOT NULL, created INTEGER NOT NULL)',
  )
  if (addColumn(sql, 'webhooks', 'mode', `TEXT NOT NULL DEFAULT 'live'`))
    sql.exec(`UPDATE webhooks SET mode = 'test' WHERE id IN (${testMade('webhook.created')})`)
  const webhook = (id: string, url: string, created: number): Webhook => ({
    id,
    url,
    createdAt: new Date(created).toISOString(),
  })
  const found = (mode: string, ...values: string[]) =>
    sql
      .exec<Row>(`SELECT * FROM webhooks WHERE mode = ${mode} ORDER BY created, id`, ...values)
      .toArray()
      .map(({ id, url, created }) => webhook(id, url, created))
  return {
    add(id: string, url: string, mode: KeyMode): Webhook {
      sql.exec('INSERT INTO webhooks (id, url, created, mode) VALUES (?, ?, ?, ?)', id, url, clock(), mode)
      return webhook(id, url, clock())
    },
    list: (mode: KeyMode): Webhook[] => found('?', mode),
    /** @param about id of a job or batch */
    of: (about: string): Webhook[] =>
      found(
        '(SELECT mode FROM jobs WHERE id = ? UNION ALL SELECT mode FROM batches WHERE id = ?)',
        about,
        about,
      ),
    /** @returns whether there was one */
    remove: (id: string, mode: KeyMode): boolean =>
      exists(sql, 'DELETE FROM webhooks WHERE id = ? AND mode = ? RETURNING id', id, mode),
  }
}
