/**
 * Does something again and again, `ms` after it was last done, until it is stopped; a failure is told, and does not end it.
 * @param work ends soon once its signal is aborted: it is waited for
 */
export function every(
  ms: number,
  work: (signal: AbortSignal) => Promise<void>,
  onError: (error: unknown) => void,
) {
  const stopping = new AbortController()
  const { signal } = stopping
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const turn = () => {
    running = work(signal)
      .catch((error) => {
        if (!signal.aborted) onError(error)
      })
      .finally(() => {
        if (!signal.aborted) timer = setTimeout(turn, ms)
      })
  }
  turn()
  return {
    stop: async () => {
      stopping.abort()
      clearTimeout(timer)
      await running
    },
  }
}
