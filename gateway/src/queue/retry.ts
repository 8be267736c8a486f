/** When to try again, and when to stop; see `retry` in config.ts. */
export type RetryRules = {
  readonly firstS: number
  readonly longestS: number
  readonly giveUpAfterS: number
}

/**
 * Waits double from `firstS` up to `longestS`, each by up to a fifth longer, so that what failed together does not come back together.
 * @param attempts how often it was tried, at least 1
 * @param retryAfterS what the other side asked for: waited at least, but no longer than until it is time to give up
 * @returns ms since the epoch; undefined once it is time to give up
 */
export function retryAt(
  { firstS, longestS, giveUpAfterS }: RetryRules,
  of: { now: number; firstTry: number; attempts: number; retryAfterS?: number | undefined },
): number | undefined {
  const { now, firstTry, attempts, retryAfterS = 0 } = of
  const leftS = giveUpAfterS - (now - firstTry) / 1000
  if (leftS <= 0) return undefined
  const wait = Math.min(longestS, firstS * 2 ** Math.min(attempts - 1, 30))
  return now + Math.round(1000 * Math.max(Math.min(retryAfterS, leftS), wait * (1 + Math.random() / 5)))
}
