import { AppError } from '@detl/core/api/problem'

/** The time that one request has in all. */
export type Deadline = {
  /**
   * The work's result, or `late` once the time is over; the work itself is left to end for nobody.
   * @param until an earlier end, for this work
   */
  readonly within: <T>(work: Promise<T>, late: () => AppError, until?: number) => Promise<T>
  /** When the time is over, ms since the epoch. */
  readonly at: number
  readonly seconds: number
}

/** @param ms from now */
export function deadlineIn(ms: number): Deadline {
  const at = Date.now() + ms
  return {
    at,
    seconds: ms / 1000,
    async within(work, late, until = at) {
      let timer: ReturnType<typeof setTimeout> | null = null
      const over = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late()), Math.max(0, Math.min(at, until) - Date.now()))
      })
      try {
        return await Promise.race([work, over])
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

/** What a screening ends with whose time is over. */
export const tooLate =
  ({ seconds }: Deadline) =>
  () =>
    new AppError('upstream-timeout', `the screening took longer than ${seconds} s`)
