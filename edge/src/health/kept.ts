/**
 * A value that is made anew only when it is older than `ms`: what anybody may ask for must not cost a call of the parts each time.
 * No call waits for another's: in workerd one request's I/O cannot be another's.
 */
export function kept<T>(ms: number, now: () => number, make: () => Promise<T>): () => Promise<T> {
  let held: { value: T; at: number } | undefined
  return async () => {
    if (held && now() - held.at < ms) return held.value
    const value = await make()
    held = { value, at: now() }
    return value
  }
}
