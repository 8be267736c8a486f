import { joinBytes } from '@detl/core/base/join-bytes'
import { number, type Sql } from '../ledger/sql.ts'

/** An object that is kept: its UIDs as they are, all else sealed (`keeper.ts`). */
export type KeptRow = {
  readonly study: string
  readonly series: string
  readonly instance: string
  /** Sealed: what is searched for and shown of it. */
  readonly index: Uint8Array
}
export type KeptObject = KeptRow & { readonly file: Uint8Array; readonly keepMs: number }
/** UIDs that an object must have; those that are absent may be any. */
export type Uids = { readonly study?: string; readonly series?: string; readonly instance?: string }

/** What a store of kept objects can do; each method is one transaction. */
export type KeptStore = {
  /** The same object again takes the place of the first. */
  put(objects: readonly KeptObject[]): void
  /** The last made first. */
  find(uids: Uids, limit: number): KeptRow[]
  file(instance: string): Uint8Array | undefined
  /** @returns how many there were */
  remove(uids: Uids): number
  tidy(): void
  nextDue(): number | undefined
}

/** SQLite of a Durable Object takes values of 2 MB. */
const CHUNK_BYTES = 2 ** 20
/** Of 10 GB that a Durable Object may hold. Where more comes, the oldest go. */
export const MAX_KEPT_BYTES = 4 * 2 ** 30

type Row = { study: string; series: string; instance: string; at: number; description: ArrayBuffer }

/** Objects that were made of an account's images, for as long as it chose. @param clock ms since the epoch */
export function keptTable(sql: Sql, clock: () => number, maxBytes = MAX_KEPT_BYTES): KeptStore {
  createTables(sql)
  const drop = (instance: string) => {
    sql.exec('DELETE FROM chunks WHERE instance = ?', instance)
    sql.exec('DELETE FROM kept WHERE instance = ?', instance)
  }
  const rows = ({ study, series, instance }: Uids, limit: number): Row[] => {
    const wanted = Object.entries({ study, series, instance }).filter(([, uid]) => uid !== undefined)
    const where = [...wanted.map(([name]) => `${name} = ?`), 'until > ?'].join(' AND ')
    const values = [...wanted.map(([, uid]) => uid!), clock(), limit]
    return sql
      .exec<Row>(
        `SELECT study, series, instance, at, description FROM kept WHERE ${where} ORDER BY at DESC, instance LIMIT ?`,
        ...values,
      )
      .toArray()
  }
  function makeRoom() {
    while (number(sql, 'SELECT SUM(size) AS n FROM kept') > maxBytes) {
      const [oldest] = sql
        .exec<{ instance: string }>('SELECT instance FROM kept ORDER BY at LIMIT 1')
        .toArray()
      if (!oldest) return
      drop(oldest.instance)
    }
  }
  return {
    put(objects) {
      const now = clock()
      for (const object of objects) {
        drop(object.instance)
        insert(sql, object, now)
      }
      makeRoom()
    },
    find: (uids, limit) =>
      rows(uids, limit).map(({ study, series, instance, description }) => ({
        study,
        series,
        instance,
        index: new Uint8Array(description),
      })),
    file(instance) {
      const chunks = sql
        .exec<{ bytes: ArrayBuffer }>(
          'SELECT bytes FROM chunks JOIN kept USING (instance) WHERE instance = ? AND until > ? ORDER BY n',
          instance,
          clock(),
        )
        .toArray()
        .map(({ bytes }) => new Uint8Array(bytes))
      return chunks.length === 0 ? undefined : joinBytes(chunks)
    },
    remove(uids) {
      const found = rows(uids, Number.MAX_SAFE_INTEGER)
      for (const { instance } of found) drop(instance)
      return found.length
    },
    tidy() {
      const over = sql
        .exec<{ instance: string }>('SELECT instance FROM kept WHERE until <= ?', clock())
        .toArray()
      for (const { instance } of over) drop(instance)
    },
    nextDue: () => number(sql, 'SELECT MIN(until) AS n FROM kept') || undefined,
  }
}

function createTables(sql: Sql): void {
  sql.exec(`CREATE TABLE IF NOT EXISTS kept (
      instance TEXT PRIMARY KEY, study TEXT NOT NULL, series TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL,
      size INTEGER NOT NULL, description BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS kept_study ON kept (study);
    CREATE INDEX IF NOT EXISTS kept_until ON kept (until);
    CREATE TABLE IF NOT EXISTS chunks (instance TEXT NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (instance, n))`)
}

function insert(sql: Sql, { study, series, instance, index, file, keepMs }: KeptObject, now: number): void {
  sql.exec(
    'INSERT INTO kept VALUES (?, ?, ?, ?, ?, ?, ?)',
    instance,
    study,
    series,
    now,
    now + keepMs,
    file.length,
    index,
  )
  for (let n = 0; n * CHUNK_BYTES < file.length; n++) {
    const chunk = file.slice(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES)
    sql.exec('INSERT INTO chunks VALUES (?, ?, ?)', instance, n, chunk)
  }
}
