import type { Account } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { denial } from './denial.ts'
import type { Denial } from './ledger.ts'
import { dayOf } from './sql.ts'

/** What an account has used of its plan. */
export type Used = {
  /** Answered since a day, `YYYY-MM-DD`. */
  readonly answeredSince: (day: string, mode: KeyMode) => number
  /** In progress. */
  readonly reserved: number
}

const DAY_MS = 24 * 3600_000

/** What the plan says to one more screening; undefined is yes. */
export function planDenial(
  { plan, limits, credits }: Pick<Account, 'plan' | 'limits' | 'credits'>,
  mode: KeyMode,
  { answeredSince, reserved }: Used,
  now: number,
): Denial | undefined {
  const today = dayOf(now)
  const until = (time: number) => Math.ceil((time - now) / 1000)
  if (mode === 'test') {
    if (answeredSince(today, mode) + reserved < limits.testPerDay) return undefined
    const tomorrow = Date.parse(today) + DAY_MS
    return denial('quota-exhausted', `${limits.testPerDay} test screenings a day`, until(tomorrow))
  }
  if (plan.kind === 'prepaid') {
    if (credits - reserved > 0) return undefined
    return denial('credits-exhausted', 'buy credits, or wait for screenings in progress to end')
  }
  if (plan.kind === 'quota') {
    if (answeredSince(`${today.slice(0, 7)}-01`, mode) + reserved < plan.perMonth) return undefined
    const date = new Date(now)
    const nextMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
    return denial('quota-exhausted', `${plan.perMonth} screenings a month`, until(nextMonth))
  }
  return undefined
}
