import type { Context } from 'hono'
import { endTime, startTime } from 'hono/timing'
import type { EdgeContext } from './context.ts'

/** The work's time as an entry of Server-Timing. */
export async function timed<T>(c: Context<EdgeContext>, name: string, work: () => Promise<T>): Promise<T> {
  startTime(c, name)
  try {
    return await work()
  } finally {
    endTime(c, name)
  }
}
