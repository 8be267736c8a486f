import type { Webhook } from './ledger.ts'
import { exists, type Sql } from './sql.ts'

/** The addresses that are told when a job has ended. */
export function webhookTable(sql: Sql, clock: () => number) {
  sql.exec(
    'CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY, url TEXT NOT NULL, created INTEGER NOT NULL)',
  )
  const webhook = (id: string, url: string, created: number): Webhook => ({
    id,
    url,
    createdAt: new Date(created).toISOString(),
  })
  return {
    add(id: string, url: string): Webhook {
      sql.exec('INSERT INTO webhooks VALUES (?, ?, ?)', id, url, clock())
      return webhook(id, url, clock())
    },
    list: (): Webhook[] =>
      sql
        .exec<{ id: string; url: string; created: number }>('SELECT * FROM webhooks ORDER BY created, id')
        .toArray()
        .map(({ id, url, created }) => webhook(id, url, created)),
    /** @returns whether there was one */
    remove: (id: string): boolean => exists(sql, 'DELETE FROM webhooks WHERE id = ? RETURNING id', id),
  }
}
