import type { UsageRow } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { dayOf, number, type Sql } from './sql.ts'

/** Who a screening is counted for, and on which day (`YYYY-MM-DD` in UTC). */
type Counted = { readonly day: string; readonly key: string; readonly mode: KeyMode }

/** Screenings by day, key, mode and outcome. */
export function usageTable(sql: Sql, clock: () => number) {
  sql.exec(`CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, key TEXT NOT NULL, mode TEXT NOT NULL, outcome TEXT NOT NULL, screenings INTEGER NOT NULL, billed INTEGER NOT NULL,
    PRIMARY KEY (day, key, mode, outcome)) WITHOUT ROWID`)
  /** @param by −1 takes one back */
  function count({ day, key, mode }: Counted, outcome: string, billed: 0 | 1, by: 1 | -1 = 1): void {
    sql.exec(
      `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET screenings = screenings + excluded.screenings, billed = billed + excluded.billed`,
      day,
      key,
      mode,
      outcome,
      by,
      billed,
    )
  }
  return {
    count,
    countToday: (by: Omit<Counted, 'day'>, outcome: string): void =>
      count({ ...by, day: dayOf(clock()) }, outcome, 0),
    answeredSince: (day: string, mode: KeyMode): number =>
      number(
        sql,
        `SELECT SUM(screenings) AS n FROM usage WHERE day >= ? AND mode = ? AND outcome = 'answered'`,
        day,
        mode,
      ),
    list: (from: string, to: string, only?: 'test'): UsageRow[] =>
      sql
        .exec<UsageRow>(
          `SELECT * FROM usage WHERE day >= ? AND day <= ? AND mode = COALESCE(?, mode) AND screenings > 0
           ORDER BY day, key, mode, outcome`,
          from,
          to,
          only ?? null,
        )
        .toArray(),
  }
}
