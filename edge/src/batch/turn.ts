/** For so long a worker takes chunk after chunk; then another message calls the next one, so that other batches have their turn. */
export const TURN_MS = 10_000

/**
 * One run of the queue's consumer, with several messages. A local start makes one run after another, so the next one waits for the slowest
 * worker of this one: until that has finished the chunk that it has in hand, the others go on.
 */
export type Turn = {
  /** A worker has a chunk in hand. @returns to be called when it has finished it: whether it may take another */
  readonly begin: () => () => boolean
}

/** @param clock ms since the epoch */
export function turn(clock: () => number): Turn {
  const until = clock() + TURN_MS
  const inHand = new Set<object>() // of the turn; what is taken after its end keeps nobody else going
  return {
    begin() {
      const own = {}
      if (clock() < until) inHand.add(own)
      return () => {
        inHand.delete(own)
        return clock() < until || inHand.size > 0
      }
    },
  }
}
