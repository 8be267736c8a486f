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

/** Times are milliseconds since the epoch; days are `YYYY-MM-DD` in UTC. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
export const isoOrNull = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString()
