import type { KeyInfo, Scope } from '@detl/core/api/account'
import type { KeyRow, NewKey } from './ledger.ts'
import { isoOrNull, type Sql } from './sql.ts'

/** The keys of one account. */
export function keyTable(sql: Sql, clock: () => number) {
  sql.exec(`CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, name TEXT NOT NULL, mode TEXT NOT NULL, scopes TEXT NOT NULL,
    created INTEGER NOT NULL, expires INTEGER, revoked INTEGER)`)
  const info = (row: KeyRow): KeyInfo => ({
    id: row.id,
    prefix: row.prefix,
    name: row.name,
    mode: row.mode,
    scopes: row.scopes.split(' ') as Scope[],
    createdAt: new Date(row.created).toISOString(),
    expiresAt: isoOrNull(row.expires),
    revokedAt: isoOrNull(row.revoked),
  })
  const find = (id: string) => sql.exec<KeyRow>('SELECT * FROM keys WHERE id = ?', id).toArray()[0]
  return {
    /** A key whose id is there already stays as it is: seeding again neither renews nor un-revokes it. */
    add({ id, hash, prefix, name, mode, scopes, expires }: NewKey): KeyInfo {
      sql.exec(
        'INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)',
        id,
        hash,
        prefix,
        name,
        mode,
        scopes,
        clock(),
        expires,
      )
      return info(find(id)!)
    },
    list: (only?: 'test'): KeyInfo[] =>
      sql
        .exec<KeyRow>('SELECT * FROM keys WHERE mode = COALESCE(?, mode) ORDER BY created, id', only ?? null)
        .toArray()
        .map(info),
    get: (id: string): KeyRow | undefined => find(id),
    revoke(id: string): KeyInfo | undefined {
      sql.exec('UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL', clock(), id)
      const row = find(id)
      return row && info(row)
    },
    /** It holds for so long more, and no longer than it would have. */
    expireIn(id: string, ms: number): void {
      const at = clock() + ms
      sql.exec('UPDATE keys SET expires = MIN(COALESCE(expires, ?), ?) WHERE id = ?', at, at, id)
    },
    /** The key that may be used now. */
    valid(hash: string): KeyRow | undefined {
      return sql
        .exec<KeyRow>(
          'SELECT * FROM keys WHERE hash = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)',
          hash,
          clock(),
        )
        .toArray()[0]
    },
  }
}
