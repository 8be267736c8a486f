export type SqlValue = string | number | null | ArrayBuffer

/** What the ledger needs of a Durable Object's SQLite; synchronous, and one method call of the object is one transaction. */
export type Sql = {
  exec<T extends Record<string, SqlValue>>(
    query: string,
    ...bindings: (SqlValue | Uint8Array)[]
  ): { toArray(): T[] }
}

/** The one number that a query gives as `n`; 0 where it gives none. */
export const number = (sql: Sql, query: string, ...values: (string | number)[]): number =>
  sql.exec<{ n: number | null }>(query, ...values).toArray()[0]?.n ?? 0

export const exists = (sql: Sql, query: string, ...values: (string | number)[]): boolean =>
  sql.exec(query, ...values).toArray().length > 0

/** A column that tables of earlier versions lack. @returns whether it was missing: then its values are to be filled in */
export function addColumn(sql: Sql, table: string, column: string, type: string): boolean {
  const columns = sql.exec<{ name: string }>(`PRAGMA table_info(${table})`).toArray()
  if (columns.some(({ name }) => name === column)) return false
  sql.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`)
  return true
}

/** Times are milliseconds since the epoch; days are `YYYY-MM-DD` in UTC. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
export const isoOrNull = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString()
