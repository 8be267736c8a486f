import { AppError } from '@detl/core/api/problem'

/**
 * Nonces of accepted calls, kept as long as their signatures would be accepted again. Only genuine calls get in,
 * so a stranger cannot fill it; at its limit it refuses rather than forgets.
 */
export class ReplayCache {
  readonly #seen = new Map<string, number>()
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
    for (const [key, until] of this.#seen) {
      if (until > now) break
      this.#seen.delete(key)
    }
    const key = `${keyId} ${nonce}`
    if (this.#seen.has(key))
      throw new AppError('signature-replayed', 'this signed call was received before; sign each call anew')
    if (this.#seen.size >= this.#limit)
      throw new AppError('overloaded', 'more calls than can be told from replays')
    this.#seen.set(key, expires)
  }

  get size(): number {
    return this.#seen.size
  }
}
