import { Webhook } from 'standardwebhooks'
import type { Sql } from '../ledger/sql.ts'
import { checkReceiver } from './address.ts'
import { webhookSecret } from './secret.ts'

export type Delivery = {
  /** The same event, the same id: receivers and this queue know it again. */
  readonly id: string
  readonly url: string
  readonly body: string
  /** `<account>:<webhook id>`, of which the secret is made. */
  readonly webhook: string
}

/** Waits between attempts: some three days in all, as Standard Webhooks advise. */
const BACKOFF_S = [5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600]
const TIMEOUT_MS = 10_000
const AT_ONCE = 10

type Row = { id: string; url: string; body: string; webhook: string; attempts: number }

export type DeliveryOptions = {
  readonly pepper: string
  readonly allowLocal: boolean
  /** Where receivers may listen. */
  readonly ports?: readonly number[] | undefined
  readonly fetch: (url: string, init: RequestInit) => Promise<Pick<Response, 'ok' | 'status' | 'body'>>
}

/** What one receiver is still to be told. Each receiver has an object and a database of its own: one that is dead holds up nobody else. */
export function deliveryQueue(sql: Sql, clock: () => number) {
  sql.exec(`CREATE TABLE IF NOT EXISTS deliveries (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, body TEXT NOT NULL, webhook TEXT NOT NULL, attempts INTEGER NOT NULL, due INTEGER)`)
  return {
    /** An id that was here before, delivered or given up, is not sent again. */
    add({ id, url, body, webhook }: Delivery): void {
      sql.exec('INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?, ?, 0, ?)', id, url, body, webhook, clock())
    },
    /** The webhook was removed: what is still to be told stays untold. */
    forget: (): void => void sql.exec('DELETE FROM deliveries'),
    nextDue: (): number | undefined =>
      sql.exec<{ n: number | null }>('SELECT MIN(due) AS n FROM deliveries').toArray()[0]?.n ?? undefined,

    async deliverDue(options: DeliveryOptions): Promise<void> {
      const rows = sql
        .exec<Row>(
          'SELECT id, url, body, webhook, attempts FROM deliveries WHERE due <= ? ORDER BY due LIMIT ?',
          clock(),
          AT_ONCE,
        )
        .toArray()
      await Promise.all(
        rows.map(async (row) => {
          const delivered = await attempt(row, clock(), options)
          const wait = delivered ? undefined : BACKOFF_S[row.attempts]
          if (!delivered && wait === undefined)
            console.warn(
              JSON.stringify({ level: 'warn', event: 'webhook-given-up', webhook: row.webhook, id: row.id }),
            )
          sql.exec(
            'UPDATE deliveries SET attempts = attempts + 1, due = ?, body = ? WHERE id = ?',
            wait === undefined ? null : clock() + wait * 1000,
            wait === undefined ? '' : row.body,
            row.id,
          )
        }),
      )
    },
  }
}

/** One signed POST (Standard Webhooks 1.0.0); anything but 2xx, a redirect too, is a failure. */
async function attempt(
  { id, url, body, webhook }: Row,
  now: number,
  options: DeliveryOptions,
): Promise<boolean> {
  try {
    const target = checkReceiver(url, options.allowLocal, options.ports)
    const timestamp = new Date(now)
    const signer = new Webhook(await webhookSecret(options.pepper, webhook))
    const response = await options.fetch(target.href, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
        'webhook-signature': signer.sign(id, timestamp, body),
      },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    // What it says beside its status is not read: it may be endless.
    void response.body?.cancel().catch(() => undefined)
    return response.ok
  } catch (error) {
    console.warn(
      JSON.stringify({ level: 'warn', event: 'webhook-failed', webhook, id, error: String(error) }),
    )
    return false
  }
}
