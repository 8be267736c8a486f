/** Longer than any turn takes: whoever has it then was ended in the middle, and cannot say so. */
const LONGEST_MS = 60_000

/**
 * Turns at something of which there is memory for one. Who has been let in calls what it got to leave.
 * A request that the platform ends in its turn never leaves: nobody waits for it longer than `longestMs`.
 */
export function oneAtATime(longestMs: number = LONGEST_MS): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve()
  return async () => {
    const before = last
    let leave: () => void = () => undefined
    last = new Promise((resolve) => {
      leave = resolve
    })
    let timer: ReturnType<typeof setTimeout> | null = null
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, longestMs)
    })
    await Promise.race([before, enough])
    clearTimeout(timer)
    return leave
  }
}
