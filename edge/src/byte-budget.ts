import { AppError } from '@detl/core/api/problem'

export type ByteBudget = {
  /**
   * Bytes that one request will hold; none at first.
   * @param patient of what has time, items of batches: all of these together have half of the memory, or one of them what it needs, and they do
   * not count against the account's requests
   */
  readonly claim: (account: string, patient?: 'patient') => Claim
}
export type Claim = {
  /** It holds, or is about to hold, so many. @throws AppError overloaded */
  readonly hold: (bytes: number) => void
  readonly release: () => void
}

type Held = { readonly account: string; readonly patient: boolean; readonly since: number; bytes: number }

const PATIENT_SHARE = 1 / 2

/**
 * What an isolate holds of uploads at once: it has one memory for all accounts.
 * @param options `bytes` in all, `accountBytes` of one account, and `longestMs` after which a request was ended in the middle and cannot say so
 */
export function byteBudget(options: {
  bytes: number
  accountBytes: number
  longestMs: number
  now?: () => number
}): ByteBudget {
  const { now = Date.now } = options
  const held = new Set<Held>()
  const sum = (of: readonly Held[]) => of.reduce((total, { bytes }) => total + bytes, 0)
  return {
    claim(account, patient) {
      const own: Held = { account, patient: patient !== undefined, since: now(), bytes: 0 }
      held.add(own)
      return {
        hold(bytes) {
          for (const one of held) if (now() - one.since > options.longestMs) held.delete(one)
          const others = [...held].filter((one) => one !== own)
          const alike = others.filter((one) => one.patient === own.patient)
          const beside = sum(own.patient ? alike : alike.filter((one) => one.account === account))
          const share = own.patient ? options.bytes * PATIENT_SHARE : options.accountBytes
          const alone = own.patient && beside === 0
          if (sum(others) + bytes > options.bytes || (!alone && beside + bytes > share))
            throw new AppError('overloaded', 'as much is being uploaded as fits; try again shortly')
          own.bytes = bytes
        },
        release: () => void held.delete(own),
      }
    },
  }
}
