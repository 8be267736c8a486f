import type { AppError } from '@detl/core/api/problem'

/** The time that one request has in all. */
export type Deadline = {
  /** The work's result, or `late` once the time is over; the work itself is left to end for nobody. */
  readonly within: <T>(work: Promise<T>, late: () => AppError) => Promise<T>
  readonly seconds: number
}

/** @param ms from now */
export function deadlineIn(ms: number): Deadline {
  const at = Date.now() + ms
  return {
    seconds: ms / 1000,
    async within(work, late) {
      let timer: ReturnType<typeof setTimeout> | null = null
      const over = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late()), Math.max(0, at - Date.now()))
      })
      try {
        return await Promise.race([work, over])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
