import type { KeyInfo, Scope } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { isoOrNull, type Sql } from './sql.ts'

export type KeyRow = {
  readonly id: string
  readonly hash: string
  readonly prefix: string
  readonly name: string
  readonly mode: KeyMode
  /** Space-separated. */
  readonly scopes: string
  readonly created: number
  readonly expires: number | null
  readonly revoked: number | null
}

/** The keys of one account. */
export function keyTable(sql: Sql) {
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
    add(row: Omit<KeyRow, 'revoked'>): KeyInfo {
      const { id, hash, prefix, name, mode, scopes, created, expires } = row
      sql.exec(
        'INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)',
        id,
        hash,
        prefix,
        name,
        mode,
        scopes,
        created,
        expires,
      )
      return info(find(id)!)
    },
    list: (): KeyInfo[] => sql.exec<KeyRow>('SELECT * FROM keys ORDER BY created, id').toArray().map(info),
    get: (id: string): KeyRow | undefined => find(id),
    revoke(id: string, at: number): KeyInfo | undefined {
      sql.exec('UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL', at, id)
      const row = find(id)
      return row && info(row)
    },
    expire(id: string, at: number): void {
      sql.exec('UPDATE keys SET expires = MIN(COALESCE(expires, ?), ?) WHERE id = ?', at, at, id)
    },
    /** The key that may be used now. */
    valid(hash: string, now: number): KeyRow | undefined {
      return sql
        .exec<KeyRow>(
          'SELECT * FROM keys WHERE hash = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)',
          hash,
          now,
        )
        .toArray()[0]
    },
  }
}
