import { AppError } from '@detl/core/api/problem'

export type ByteBudget = {
  /** Bytes that one request will hold; none at first. */
  readonly claim: (account: string) => Claim
}
export type Claim = {
  /** It holds, or is about to hold, so many. @throws AppError overloaded */
  readonly hold: (bytes: number) => void
  readonly release: () => void
}

type Held = { readonly account: string; readonly since: number; bytes: number }

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
    claim(account) {
      const own: Held = { account, since: now(), bytes: 0 }
      held.add(own)
      return {
        hold(bytes) {
          for (const one of held) if (now() - one.since > options.longestMs) held.delete(one)
          const others = [...held].filter((one) => one !== own)
          const ofAccount = others.filter((one) => one.account === account)
          if (sum(others) + bytes > options.bytes || sum(ofAccount) + bytes > options.accountBytes)
            throw new AppError('overloaded', 'as much is being uploaded as fits; try again shortly')
          own.bytes = bytes
        },
        release: () => void held.delete(own),
      }
    },
  }
}
