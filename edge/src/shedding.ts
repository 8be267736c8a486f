import type { Plan } from '@detl/core/api/account'
import type { KeyMode } from '@detl/core/api/api-key'
import { AppError } from '@detl/core/api/problem'

/** Share of the capacity up to which each may fill it: under load tests give way first, then quotas, and what is paid for by the piece last. */
const SHARES: Readonly<Record<'test' | Plan['kind'], number>> = {
  test: 0.5,
  quota: 0.75,
  prepaid: 1,
  postpaid: 1,
}

export type Shedder = {
  /** Takes a place, and gives what frees it. @throws AppError overloaded */
  readonly enter: (by: { mode: KeyMode; plan: Plan['kind'] }) => () => void
}

/** @param capacity screenings that this isolate decodes and sends on at once: each holds its image, tens of megabytes */
export function shedder(capacity: number): Shedder {
  let inside = 0
  return {
    enter({ mode, plan }) {
      const most = Math.max(1, Math.floor(capacity * SHARES[mode === 'test' ? 'test' : plan]))
      if (inside >= most)
        throw new AppError('overloaded', 'there is more work than can be done now; try again shortly')
      inside++
      let left = false
      return () => {
        if (!left) inside--
        left = true
      }
    },
  }
}
