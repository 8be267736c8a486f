import type { AuditPage } from './ledger.ts'
import { isoOrNull, type Sql } from './sql.ts'

/** Where a page of the log ended: time, and place among what has that time. */
const CURSOR = /^(\d{1,15})\.(\d{1,15})$/
const END = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const

type Row = { at: number; place: number; actor: string; action: string; code: string | null; detail: string }

/** Who did what when, and with what code: changes, which are written down here, and screenings, which the ledger has anyway. */
export function auditLog(sql: Sql, clock: () => number) {
  sql.exec(`CREATE TABLE IF NOT EXISTS audit (
      n INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS token_entries (id TEXT PRIMARY KEY, actor TEXT NOT NULL) WITHOUT ROWID`)
  return {
    add(actor: string, action: string, detail: string): void {
      sql.exec(
        'INSERT INTO audit (at, actor, action, detail) VALUES (?, ?, ?, ?)',
        clock(),
        actor,
        action,
        detail,
      )
    },
    /** An entry's key is `token` for every token; this says whose it was. */
    actedAs(actor: string, entry: string): void {
      sql.exec('INSERT OR IGNORE INTO token_entries VALUES (?, ?)', entry, actor)
    },
    /** Newest first. @param before the `next` of the page before; one that is none starts at the end. @param only what keys of this mode did */
    page(limit: number, before?: string, only?: 'test'): AuditPage {
      const match = CURSOR.exec(before ?? '')
      const [at, place] = match ? [Number(match[1]), Number(match[2])] : END
      const from = [at, at, place]
      const mode = only ?? null
      const rows = sql
        .exec<Row>(
          `SELECT * FROM (
             SELECT at, 2 * n AS place, actor, action, NULL AS code, detail FROM audit
             WHERE at <= ? AND (at, 2 * n) < (?, ?) AND (? IS NULL OR actor IN (SELECT id FROM keys WHERE mode = ?))
             ORDER BY at DESC, n DESC LIMIT ?)
           UNION ALL SELECT * FROM (
             SELECT at, 2 * entries.rowid + 1, COALESCE(actor, key), 'screening', COALESCE(outcome, state), entries.id
             FROM entries LEFT JOIN token_entries USING (id)
             WHERE at <= ? AND (at, 2 * entries.rowid + 1) < (?, ?) AND mode = COALESCE(?, mode)
             ORDER BY at DESC, entries.rowid DESC LIMIT ?)
           ORDER BY at DESC, place DESC LIMIT ?`,
          ...[...from, mode, mode, limit + 1],
          ...[...from, mode, limit + 1],
          limit + 1,
        )
        .toArray()
      const entries = rows.slice(0, limit)
      const last = entries.at(-1)
      return {
        entries: entries.map(({ at: time, actor, action, code, detail }) => ({
          at: isoOrNull(time)!,
          actor,
          action,
          ...(code !== null && { code }),
          detail,
        })),
        ...(rows.length > limit && last && { next: `${last.at}.${last.place}` }),
      }
    },
  }
}
