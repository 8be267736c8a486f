import type { DatabaseSync } from 'node:sqlite'

/** Less is the ordinary correction of a clock. */
const JUMP_MS = 60_000
/** What waits, in each table. */
const WAITING = [
  ['items', 'received'],
  ['deliveries', 'waiting'],
  ['fetches', 'waiting'],
] as const

export type Clocks = {
  /** Of the system, in ms since the epoch: what rows are written by. */
  readonly now: () => number
  /** One that nobody sets, in ms from any point. */
  readonly steady: () => number
}

/**
 * Moves waits along with a system clock that is set: back by hours, nothing would be tried for as long; forward by days, all would be given up
 * at its next failure.
 * @returns to be called before it is asked what is due
 */
export function followClock(database: DatabaseSync, { now, steady }: Clocks): () => void {
  let last: { now: number; steady: number } | undefined
  const shift = (ms: number) => {
    for (const [table, state] of WAITING)
      database
        .prepare(`UPDATE ${table} SET due_at = due_at + ?, first_try = first_try + ? WHERE state = ?`)
        .run(Math.round(ms), Math.round(ms), state)
  }
  /** When the last of them was certainly in the past: a clock that was set back before this start shows by it. */
  const latest = (): number => {
    const each = WAITING.map(
      ([table, state]) =>
        `SELECT max(coalesce(first_try, due_at)) AS at FROM ${table} WHERE state = '${state}'`,
    )
    const { at } = database.prepare(`SELECT max(at) AS at FROM (${each.join(' UNION ALL ')})`).get() as {
      at: number | null
    }
    return at ?? 0
  }
  return () => {
    const current = { now: now(), steady: steady() }
    const jump = last
      ? current.now - last.now - (current.steady - last.steady)
      : Math.min(0, current.now - latest())
    last = current
    if (Math.abs(jump) > JUMP_MS) shift(jump)
  }
}
