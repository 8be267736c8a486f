import { AppError } from '@detl/core/api/problem'
import type { Accounts } from './accounts.ts'
import type { KeptAnswer, Outcome } from './ledger/entries.ts'
import type { Principal } from './ledger/ledger.ts'
import type { Given, Sealer } from './seal.ts'
import type { Inference } from './upstream.ts'

export type Metering = {
  readonly accounts: Accounts
  readonly sealer: Sealer
  /** Name and version of the model that answers. */
  readonly model: string
}

/** One screening as the ledger knows it. */
export type Opening = {
  readonly account: string
  readonly id: string
  readonly idempotencyKey: string | undefined
  readonly by: Pick<Principal, 'key' | 'mode'>
  /** The answer that was kept for an earlier request with the same Idempotency-Key. */
  readonly kept: KeptAnswer | undefined
}

/** What a screening gives, and whether an earlier one gave it already. */
export type Metered = Given & { readonly id: string; readonly replayed: boolean }

/**
 * Runs the work of a reserved screening so that it is charged exactly if it was answered: `work` infers and `render` makes the answer before
 * the ledger is told; whatever they throw releases the reservation. A repeat of an answered request gets that answer and
 * neither infers nor pays.
 * @throws AppError idempotency-mismatch, idempotency-stale, and what `work` throws
 */
export async function metered<R>(
  { accounts, sealer, model }: Metering,
  opening: Opening,
  image: () => Promise<Uint8Array>,
  work: (image: Uint8Array) => Promise<Inference>,
  render: (image: Uint8Array, metered: Metered) => Promise<R>,
): Promise<R> {
  const { account, id, idempotencyKey, by, kept } = opening
  const print = (bytes: Uint8Array) => sealer.fingerprint(bytes, `${account}:${idempotencyKey}`)

  async function replay(answer: KeptAnswer, bytes: Uint8Array): Promise<R> {
    const own = await print(bytes)
    if (own.text !== answer.fingerprint)
      throw new AppError('idempotency-mismatch', 'use a new Idempotency-Key for another image')
    const given = await sealer.open(own, model, answer.sealed)
    if (!given)
      throw new AppError('idempotency-stale', 'use a new Idempotency-Key to screen with the present model')
    return render(bytes, { ...given, id: answer.entry, replayed: true })
  }

  const ledger = accounts(account)
  if (kept) {
    let outcome = 'replayed'
    try {
      return await replay(kept, await image())
    } catch (error) {
      outcome = codeOf(error)
      throw error
    } finally {
      await ledger.countRepeat(by, outcome)
    }
  }
  let answered: { bytes: Uint8Array; given: Given; result: R }
  try {
    const bytes = await image()
    const given = { inference: await work(bytes), at: Date.now() }
    answered = { bytes, given, result: await render(bytes, { ...given, id, replayed: false }) }
  } catch (error) {
    await ledger.settle(id, { answered: false, code: codeOf(error) })
    throw error
  }
  const { bytes, given, result } = answered
  const settled = await ledger.settle(id, await outcomeOf(bytes, given))
  if (settled.ok === true) return result
  if (settled.ok === 'replay') return replay(settled, bytes)
  throw new AppError(settled.code, settled.detail, { retryAfterS: settled.retryAfterS })

  async function outcomeOf(bytes: Uint8Array, given: Given): Promise<Outcome> {
    if (idempotencyKey === undefined) return { answered: true }
    const own = await print(bytes)
    return { answered: true, fingerprint: own.text, sealed: await sealer.seal(own, model, given) }
  }
}

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : 'internal')
