export type SqlValue = string | number | null | ArrayBuffer

/** What the ledger needs of a Durable Object's SQLite; synchronous, and one method call of the object is one transaction. */
export type Sql = {
  exec<T extends Record<string, SqlValue>>(
    query: string,
    ...bindings: (SqlValue | Uint8Array)[]
  ): { toArray(): T[] }
}

/** Times are milliseconds since the epoch; days are `YYYY-MM-DD` in UTC. */
const TABLES = `
CREATE TABLE IF NOT EXISTS account (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, plan TEXT NOT NULL, limits TEXT NOT NULL, settings TEXT NOT NULL,
  customer TEXT, credits INTEGER NOT NULL, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS topups (reference TEXT PRIMARY KEY, amount INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL, name TEXT NOT NULL, mode TEXT NOT NULL, scopes TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER, revoked INTEGER);
CREATE TABLE IF NOT EXISTS entries (
  id TEXT PRIMARY KEY, at INTEGER NOT NULL, day TEXT NOT NULL, key TEXT NOT NULL, mode TEXT NOT NULL,
  state TEXT NOT NULL, outcome TEXT, lease INTEGER NOT NULL, billed INTEGER NOT NULL DEFAULT 0, idempotency TEXT,
  charged INTEGER, export_due INTEGER, export_tries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS entries_open ON entries (lease) WHERE state = 'reserved';
CREATE INDEX IF NOT EXISTS entries_due ON entries (export_due) WHERE export_due IS NOT NULL;
CREATE INDEX IF NOT EXISTS entries_charged ON entries (charged) WHERE billed = 1;
CREATE INDEX IF NOT EXISTS entries_at ON entries (at);
CREATE TABLE IF NOT EXISTS token_entries (id TEXT PRIMARY KEY, actor TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS idempotency (
  key TEXT PRIMARY KEY, entry TEXT NOT NULL, state TEXT NOT NULL, fingerprint TEXT, sealed BLOB, until INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS idempotency_until ON idempotency (until);
CREATE TABLE IF NOT EXISTS usage (
  day TEXT NOT NULL, key TEXT NOT NULL, mode TEXT NOT NULL, outcome TEXT NOT NULL, screenings INTEGER NOT NULL, billed INTEGER NOT NULL,
  PRIMARY KEY (day, key, mode, outcome)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (n INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, detail TEXT NOT NULL);
`

export function createTables(sql: Sql): void {
  sql.exec(TABLES)
}

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
export const isoOrNull = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString()
