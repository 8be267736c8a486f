import { AppError, codeOf } from '@detl/core/api/problem'
import type { Accounts } from '../accounts.ts'
import type { KeptAnswer, Outcome, Principal } from '../ledger/ledger.ts'
import type { Given, Sealer } from '../seal.ts'
import type { Inference } from '../upstream.ts'
import type { Arrived } from './arrived.ts'
import type { Granted, Screened } from './screened.ts'

export type AnswerNowDeps = {
  readonly accounts: Accounts
  readonly sealer: Sealer
  /** Name and version of the model that answers. */
  readonly model: string
}

/** What a screening gives, and whether an earlier one gave it already. */
export type Metered = Given & { readonly id: string; readonly replayed: boolean }

/** The tensor of one image, and what is made of it. */
type Work<R> = {
  readonly tensor: Uint8Array
  readonly infer: () => Promise<Inference>
  readonly render: (metered: Metered) => Promise<R>
}

/** What one screening does, in this order; a repeat does not infer. */
export type Steps<A extends Arrived, R> = {
  readonly arrival: () => Promise<A>
  readonly infer: (tensor: Uint8Array) => Promise<Inference>
  readonly render: (arrived: A, metered: Metered) => Promise<R>
}

/**
 * A screening that the ledger lets go on, answered while its caller waits: charged once it is rendered, or, where it repeats one that was
 * answered, rendered from that answer.
 * @throws AppError as `answerNow`, `answerAgain` and the steps say
 */
export async function screenArrival<A extends Arrived, R>(
  deps: AnswerNowDeps,
  of: Screened,
  { kept, principal }: Granted,
  { arrival, infer, render }: Steps<A, R>,
): Promise<R> {
  const workOn = (arrived: A) => ({
    tensor: tensorOf(arrived),
    render: (metered: Metered) => render(arrived, metered),
  })
  if (kept) return answerAgain(deps, of, kept, principal, async () => workOn(await arrival()))
  const work = workOn(await arrival())
  return answerNow(deps, of, { ...work, infer: () => infer(work.tensor) })
}

export const tensorOf = ({ intake }: Arrived) => intake.preprocessed.tensor

/**
 * Does the work of a reserved screening so that it is charged exactly if it was answered: the answer is made before the ledger is told.
 * @throws AppError idempotency-mismatch, idempotency-stale, and what the work throws
 */
async function answerNow<R>(deps: AnswerNowDeps, of: Screened, work: Work<R>): Promise<R> {
  const { accounts, sealer, model } = deps
  const { id, account, idempotencyKey } = of
  const given = { inference: await work.infer(), at: Date.now() }
  const result = await work.render({ ...given, id, replayed: false })
  const outcome: Outcome =
    idempotencyKey === undefined
      ? { answered: true }
      : await answeredAs(sealer, of, work.tensor, model, given)
  const settled = await accounts(account).settle(id, outcome)
  if (settled.ok === true) return result
  if (settled.ok === 'replay') return replay(deps, of, settled, work)
  throw new AppError(settled.code, settled.detail, { retryAfterS: settled.retryAfterS })
}

/** A repeat of an answered request gets that answer, and neither infers nor pays. */
async function answerAgain<R>(
  deps: AnswerNowDeps,
  of: Screened,
  kept: KeptAnswer,
  by: Pick<Principal, 'key' | 'mode'>,
  work: () => Promise<Pick<Work<R>, 'tensor' | 'render'>>,
): Promise<R> {
  let outcome = 'replayed'
  try {
    return await replay(deps, of, kept, await work())
  } catch (error) {
    outcome = codeOf(error)
    throw error
  } finally {
    await deps.accounts(of.account).countRepeat(by, outcome)
  }
}

/**
 * What stands for the image in the ledger: under another account or Idempotency-Key it is another one. It is made of the tensor, which is all
 * that is scored: a repeat may send the image where the first request sent its tensor.
 */
export const fingerprintOf = (sealer: Sealer, of: Screened, tensor: Uint8Array) =>
  sealer.fingerprint(tensor, `${of.account}:${of.idempotencyKey}`)

async function replay<R>(
  { sealer, model }: AnswerNowDeps,
  of: Screened,
  kept: KeptAnswer,
  { tensor, render }: Pick<Work<R>, 'tensor' | 'render'>,
): Promise<R> {
  const own = await fingerprintOf(sealer, of, tensor)
  if (own.text !== kept.fingerprint) throw anotherImage()
  const given = await sealer.open(own, model, kept.sealed)
  if (!given)
    throw new AppError('idempotency-stale', 'use a new Idempotency-Key to screen with the present model')
  return render({ ...given, id: kept.entry, replayed: true })
}

export const anotherImage = () =>
  new AppError('idempotency-mismatch', 'use a new Idempotency-Key for another image')

async function answeredAs(
  sealer: Sealer,
  of: Screened,
  tensor: Uint8Array,
  model: string,
  given: Given,
): Promise<Outcome> {
  const own = await fingerprintOf(sealer, of, tensor)
  return { answered: true, fingerprint: own.text, sealed: await sealer.seal(own, model, given) }
}
