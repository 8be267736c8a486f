import type { Plan } from '../api/account.ts'
import { AppError } from '../api/problem.ts'
import { type Guest, turns } from './turns.ts'

/** Share of the places up to which each may fill them: under load tests give way first, then quotas, and what is paid for by the piece last. */
const SHARES: Readonly<Record<'test' | Plan['kind'], number>> = {
  test: 0.5,
  quota: 0.75,
  prepaid: 1,
  postpaid: 1,
}
/** Of the places, one account never has more. */
const ACCOUNT_SHARE = 0.75
/** For each turn so many may always wait, however slow the machine: a few callers at once are no overload. */
const SHORT_LINE = 2
/** An upload that takes no longer will want its turn soon, and counts; a slower one does not, until its image is there. */
const PROMPT_UPLOAD_MS = 1000

export type Places = {
  /**
   * Lets a screening in, before anything is read or asked of it. Refusing costs nothing: no ledger is asked, no byte is read.
   * @throws AppError overloaded
   */
  readonly enter: (guest: Guest) => Visit
}

export type Visit = {
  /** Its plan is known. @throws AppError overloaded */
  readonly of: (plan: Plan['kind']) => void
  /** Its image is there. @throws AppError overloaded */
  readonly uploaded: () => void
  /** Its image is there, and nobody asks any more whether it may stay. */
  readonly arrived: () => void
  /** Work of this isolate's thread, when it is its turn. @param first it ends what was begun */
  readonly turn: <T>(work: () => Promise<T>, first?: boolean) => Promise<T>
  readonly leave: () => void
}

type Stay = { readonly guest: Guest; readonly since: number; phase: 'uploading' | 'waiting' | 'served' }

/**
 * @param options `capacity`: screenings in progress at once, each holds its image; `atOnce`: those that are decoded at once; `maxWaitMs`:
 *   who would wait longer for a turn, in a line that is not short, is refused; `longestMs`: who stays longer was ended in the middle and cannot say so; `whenFull`: told of each refusal because others have the places, not the account itself
 */
export function places(options: {
  capacity: number | (() => number)
  atOnce: number
  maxWaitMs: number
  longestMs: number
  whenFull?: () => void
  now?: () => number
}): Places {
  const { capacity, atOnce, maxWaitMs, longestMs, whenFull = () => {}, now = Date.now } = options
  const line = turns({ atOnce, longestMs, now })
  const stays = new Set<Stay>()
  const places = typeof capacity === 'number' ? () => capacity : capacity
  const most = (share: number) => Math.max(1, Math.floor(places() * share))

  function check(own: Stay, share: number): void {
    for (const stay of stays) if (now() - stay.since > longestMs) stays.delete(stay)
    const counted = [...stays].filter(
      (stay) => stay !== own && (stay.phase !== 'uploading' || now() - stay.since <= PROMPT_UPLOAD_MS),
    )
    const ofAccount = counted.filter(({ guest }) => guest.account === own.guest.account)
    const ahead = counted.filter(({ phase }) => phase !== 'served').map(({ guest }) => guest)
    const waitMs = line.expectedWaitMs(own.guest, ahead)
    const soon = ahead.length < SHORT_LINE * atOnce || waitMs <= maxWaitMs
    const full = counted.length >= most(share)
    if (!full && ofAccount.length < most(ACCOUNT_SHARE) && soon) return
    if (full) whenFull()
    throw new AppError('overloaded', 'there is more work than can be done now; try again shortly', {
      retryAfterS: Math.max(1, Math.ceil(waitMs / 1000)),
    })
  }

  return {
    enter(guest) {
      const stay: Stay = { guest, since: now(), phase: 'uploading' }
      let share = guest.mode === 'test' ? SHARES.test : 1
      check(stay, share)
      stays.add(stay)
      return {
        of(plan) {
          if (guest.mode === 'test') return
          share = SHARES[plan]
          check(stay, share)
        },
        uploaded() {
          check(stay, share)
          stay.phase = 'waiting'
        },
        arrived() {
          stay.phase = 'waiting'
        },
        turn(work, first) {
          return line.take(
            guest,
            () => {
              stay.phase = 'served'
              return work()
            },
            first,
          )
        },
        leave() {
          stays.delete(stay)
          line.giveUp(guest)
        },
      }
    },
  }
}
