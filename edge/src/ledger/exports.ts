import type { Books } from './books.ts'
import type { Charge } from './ledger.ts'
import { number } from './sql.ts'

const RETRY_MAX_MS = 6 * 3600_000

/**
 * Charges on their way to the billing provider: `export_due` of an entry is when it should be told next, NULL once it has confirmed.
 * While the account has no customer there, its charges wait.
 */
export function exportsOf({ sql, clock, profile }: Pick<Books, 'sql' | 'clock' | 'profile'>) {
  const somebodyToBill = () => profile.account()?.billingCustomer !== undefined
  return {
    due: (limit: number): Charge[] =>
      somebodyToBill()
        ? sql
            .exec<{ entry: string; at: number }>(
              'SELECT id AS entry, charged AS at FROM entries WHERE export_due <= ? ORDER BY export_due LIMIT ?',
              clock(),
              limit,
            )
            .toArray()
        : [],
    sent(ids: readonly string[], retryMs: number): void {
      for (const id of ids)
        sql.exec(
          `UPDATE entries SET export_due = ? + MIN(?, ? << MIN(export_tries, 10)), export_tries = export_tries + 1
           WHERE id = ? AND export_due IS NOT NULL`,
          clock(),
          RETRY_MAX_MS,
          retryMs,
          id,
        )
    },
    confirmed(ids: readonly string[]): void {
      for (const id of ids) sql.exec('UPDATE entries SET export_due = NULL WHERE id = ?', id)
    },
    charged: (from: number, to: number): number =>
      number(
        sql,
        'SELECT COUNT(*) AS n FROM entries WHERE billed = 1 AND charged >= ? AND charged < ?',
        from,
        to,
      ),
    chargedEntries: (from: number, to: number): string[] =>
      sql
        .exec<{ id: string }>(
          'SELECT id FROM entries WHERE billed = 1 AND charged >= ? AND charged < ?',
          from,
          to,
        )
        .toArray()
        .map(({ id }) => id),
    nextDue: (): number | undefined =>
      somebodyToBill()
        ? number(sql, 'SELECT MIN(export_due) AS n FROM entries WHERE export_due IS NOT NULL') || undefined
        : undefined,
  }
}
