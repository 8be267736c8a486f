import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { sqlite } from './sqlite.ts'

/**
 * Tables of the queue. `items` has a row for each image that was taken in, `deliveries` one for each of its answers and destinations,
 * `fetches` one for each image that an archive lists and did not give. A row is the only truth: what is under way is not written down, so that a process that was killed finds it due again.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS items (
  id INTEGER PRIMARY KEY,
  sop_instance TEXT NOT NULL UNIQUE,
  sop_class TEXT NOT NULL,
  study TEXT NOT NULL,
  series TEXT NOT NULL,
  patient TEXT NOT NULL,      -- digest of Patient ID, issuer and study: to see that one was corrected
  revision INTEGER NOT NULL DEFAULT 0, -- how often it came again as somebody else's
  source TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('received', 'screened', 'refused', 'done', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  first_try INTEGER,
  due_at INTEGER NOT NULL,
  code TEXT,
  reason TEXT,
  model TEXT,
  answer TEXT,                -- JSON of the service
  answered_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS items_due ON items (state, due_at);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY,
  item INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
  destination TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
  attempts INTEGER NOT NULL DEFAULT 0,
  first_try INTEGER,
  due_at INTEGER NOT NULL,
  code TEXT,
  reason TEXT,
  done_at INTEGER,
  UNIQUE (item, destination)
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at);
CREATE TABLE IF NOT EXISTS fetches (
  id INTEGER PRIMARY KEY,
  archive TEXT NOT NULL,      -- its address in the configuration
  sop_instance TEXT NOT NULL,
  study TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
  attempts INTEGER NOT NULL,
  first_try INTEGER,
  due_at INTEGER NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  UNIQUE (archive, sop_instance)
) STRICT;
CREATE TABLE IF NOT EXISTS models (name TEXT PRIMARY KEY, manifest TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT;
`

/** Opens the queue in a folder; made where there is none. Each commit is on the disk before it returns. */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new sqlite.DatabaseSync(join(folder, 'queue.sqlite'), { timeout: 5000 })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
  database.exec(SCHEMA)
  return database
}

/** @returns what `work` returns, all of whose changes are there, or none */
export function atomically<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
