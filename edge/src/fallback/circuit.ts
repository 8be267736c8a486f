type CircuitOptions = {
  /** Failures in a row after which nothing is sent but probes. */
  readonly failures: number
  /** Between probes: the first wait, doubled after each that fails, up to the longest. */
  readonly firstWaitMs: number
  readonly longestWaitMs: number
  /** Milliseconds from any fixed point. */
  readonly now: () => number
}

/** What a call may do: be sent, or not. A call that is sent reports back. */
export type Circuit = {
  /** Whether a call may be sent now. */
  readonly mayCall: () => boolean
  readonly succeeded: () => void
  readonly failed: () => void
}

/**
 * Keeps calls from a server that is down, and finds out by itself when it is back: of the calls that come while it is open, one
 * at a time is let through as a probe.
 */
export function circuit({ failures, firstWaitMs, longestWaitMs, now }: CircuitOptions): Circuit {
  let inARow = 0
  let waitMs = firstWaitMs
  let probeAt = 0
  return {
    mayCall() {
      if (inARow < failures) return true
      if (now() < probeAt) return false
      probeAt = now() + waitMs // until this probe reports, and in case that it never does
      return true
    },
    succeeded() {
      inARow = 0
      waitMs = firstWaitMs
    },
    failed() {
      inARow++
      if (inARow < failures) return
      if (inARow > failures) waitMs = Math.min(longestWaitMs, waitMs * 2)
      probeAt = now() + waitMs
    },
  }
}
