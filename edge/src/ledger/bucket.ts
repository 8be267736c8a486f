import type { RateLimit } from './ledger.ts'
import type { Sql } from './sql.ts'

const WINDOW_S = 60
/** A level is stored when it has changed by this share of the quota: it costs few writes, and a moved object errs by no more. */
const STORED_STEP = 0.1

type Level = { readonly tokens: number; readonly at: number }

/** Where levels outlive the object that holds the buckets. */
export type LevelStore = {
  readonly read: (id: string) => Level | undefined
  readonly write: (id: string, level: Level) => void
}

/** On the account's SQLite, in the transaction of the request that takes the token. */
export function levelStore(sql: Sql): LevelStore {
  sql.exec(
    'CREATE TABLE IF NOT EXISTS buckets (id TEXT PRIMARY KEY, tokens REAL NOT NULL, at INTEGER NOT NULL)',
  )
  return {
    read: (id) => sql.exec<Level>('SELECT tokens, at FROM buckets WHERE id = ?', id).toArray()[0],
    write: (id, { tokens, at }) => {
      sql.exec('INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)', id, tokens, at)
    },
  }
}

/**
 * Token buckets. Objects are evicted after seconds without a request, sooner than a bucket fills, so the levels are stored: a caller who pauses
 * for that long gains at most a tenth of the quota.
 * Take from several with one call: either each gives a token or none does.
 */
export function tokenBuckets(store: LevelStore) {
  const buckets = new Map<string, Level & { readonly stored: number }>()
  const restored = (id: string) => {
    const level = store.read(id)
    return level && { ...level, stored: level.tokens }
  }
  return (wanted: readonly { policy: string; id: string; quota: number }[], now: number) => {
    const levels = wanted.map(({ policy, id, quota }) => {
      const bucket = buckets.get(id) ?? restored(id) ?? { tokens: quota, at: now, stored: quota }
      const refilled = bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * (quota / WINDOW_S)
      return { policy, id, quota, tokens: Math.min(quota, refilled), stored: bucket.stored }
    })
    const empty = levels.filter(({ tokens }) => tokens < 1)
    for (const level of levels) {
      if (empty.length === 0) level.tokens -= 1
      const { id, tokens, quota } = level
      if (Math.abs(level.stored - tokens) >= STORED_STEP * quota) {
        store.write(id, { tokens, at: now })
        level.stored = tokens
      }
      buckets.set(id, { tokens, at: now, stored: level.stored })
    }
    const limits = levels.map(
      ({ policy, quota, tokens }): RateLimit => ({
        policy,
        quota,
        windowS: WINDOW_S,
        remaining: Math.floor(tokens),
        resetS: Math.ceil(((quota - tokens) * WINDOW_S) / quota),
      }),
    )
    const waits = empty.map(({ quota, tokens }) => ((1 - tokens) * WINDOW_S) / quota)
    return {
      limits,
      retryAfterS: empty.length === 0 ? undefined : Math.max(1, Math.ceil(Math.max(...waits))),
    }
  }
}
