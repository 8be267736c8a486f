import { auditLog } from './audit.ts'
import { batchTable } from './batches.ts'
import { levelStore, tokenBuckets } from './bucket.ts'
import { idempotencyTable } from './idempotency.ts'
import { jobTable } from './jobs.ts'
import { keyTable } from './keys.ts'
import { profileTable } from './profile.ts'
import { addColumn, type Sql } from './sql.ts'
import { usageTable } from './usage.ts'
import { webhookTable } from './webhooks.ts'

export type Books = ReturnType<typeof openBooks>

/** The tables of one account, each with its owner; all on one database, so that what is written into several holds or falls together. */
export function openBooks(id: string, sql: Sql, clock: () => number) {
  sql.exec(`CREATE TABLE IF NOT EXISTS entries (
      id TEXT PRIMARY KEY, at INTEGER NOT NULL, day TEXT NOT NULL, key TEXT NOT NULL, mode TEXT NOT NULL,
      state TEXT NOT NULL, outcome TEXT, lease INTEGER NOT NULL, billed INTEGER NOT NULL DEFAULT 0, idempotency TEXT,
      charged INTEGER, export_due INTEGER, export_tries INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS entries_open ON entries (lease) WHERE state = 'reserved';
    CREATE INDEX IF NOT EXISTS entries_due ON entries (export_due) WHERE export_due IS NOT NULL;
    CREATE INDEX IF NOT EXISTS entries_charged ON entries (charged) WHERE billed = 1;
    CREATE INDEX IF NOT EXISTS entries_at ON entries (at)`)
  addColumn(sql, 'entries', 'within', 'TEXT')
  return {
    sql,
    clock,
    profile: profileTable(id, sql, clock),
    // Keys and the audit log first: they say whose the jobs, batches and webhooks of earlier versions are.
    keys: keyTable(sql, clock),
    audit: auditLog(sql, clock),
    usage: usageTable(sql, clock),
    idempotency: idempotencyTable(sql, clock),
    jobs: jobTable(sql, clock),
    batches: batchTable(sql, clock),
    webhooks: webhookTable(sql, clock),
    takeTokens: tokenBuckets(levelStore(sql)),
  }
}
