/** What the RateLimit fields say (draft-ietf-httpapi-ratelimit-headers-10). */
export type RateLimit = {
  readonly policy: string
  /** Tokens of the full bucket, and seconds in which it fills. */
  readonly quota: number
  readonly windowS: number
  /** Whole tokens left. */
  readonly remaining: number
  /** Seconds until the bucket is full again. */
  readonly resetS: number
}

const WINDOW_S = 60

/**
 * Token buckets, in memory: an object that was evicted starts with full ones, which errs in the caller's favour.
 * Take from several with one call: either each gives a token or none does.
 */
export function tokenBuckets() {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return (wanted: readonly { policy: string; id: string; quota: number }[], now: number) => {
    const levels = wanted.map(({ policy, id, quota }) => {
      const bucket = buckets.get(id) ?? { tokens: quota, at: now }
      const refilled = bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * (quota / WINDOW_S)
      return { policy, id, quota, tokens: Math.min(quota, refilled) }
    })
    const empty = levels.filter(({ tokens }) => tokens < 1)
    for (const level of levels) {
      if (empty.length === 0) level.tokens -= 1
      buckets.set(level.id, { tokens: level.tokens, at: now })
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
