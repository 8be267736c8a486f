import { AppError } from '@detl/core/api/problem'
import { SIGNATURE_WINDOW_S } from '@detl/core/wire/signature'

/** Genuine calls differ by no more in when they expire: each is signed within the window. */
const DISORDER_MS = 4 * SIGNATURE_WINDOW_S * 1000

/**
 * Nonces of accepted calls, kept as long as their signatures would be accepted again. Only genuine calls get in,
 * so a stranger cannot fill it; at its limit it refuses rather than forgets.
 */
export class ReplayCache {
  /** Nonces in the order in which they expire; another map from where the clock was set back on, behind which nothing would be forgotten. */
  #seen: Map<string, number>[] = [new Map()]
  #last = 0
  readonly #limit: number

  /** @param limit nonces kept: the default holds two minutes of 4,000 calls a second in some 50 MB */
  constructor(limit = 500_000) {
    this.#limit = limit
  }

  /**
   * @param expires ms since the epoch
   * @throws AppError `signature-replayed` for a nonce that was used, `overloaded` when there is no room
   */
  add(keyId: string, nonce: string, expires: number, now = Date.now()): void {
    for (const seen of this.#seen)
      for (const [key, until] of seen) {
        if (until > now) break
        seen.delete(key)
      }
    const key = `${keyId} ${nonce}`
    if (this.#seen.some((seen) => seen.has(key)))
      throw new AppError('signature-replayed', 'this signed call was received before; sign each call anew')
    if (this.size >= this.#limit) throw new AppError('overloaded', 'more calls than can be told from replays')
    if (expires < this.#last - DISORDER_MS)
      this.#seen = [...this.#seen.filter(({ size }) => size > 0), new Map()]
    this.#last = expires
    this.#seen.at(-1)!.set(key, expires)
  }

  get size(): number {
    return this.#seen.reduce((sum, { size }) => sum + size, 0)
  }
}
