import { codeOf } from '@detl/core/api/problem'
import type { Accounts } from '../accounts.ts'
import type { Credential, Opened } from '../ledger/ledger.ts'
import type { Granted, Screened } from './screened.ts'

export type ReservationDeps = {
  readonly accounts: Accounts
  /** After which the reservation of a screening that nobody settled lapses. */
  readonly leaseMs: number
}

/**
 * Reserves a screening and runs its work, which charges it when it was answered, or makes it a job. What the work throws gives the
 * reservation back: here and nowhere else.
 * @param grant the ledger's yes, or its no thrown
 */
export async function reserved<R>(
  { accounts, leaseMs }: ReservationDeps,
  { id, account, idempotencyKey, within }: Screened,
  credential: Credential,
  grant: (opened: Opened) => Granted,
  work: (opened: Granted) => Promise<R>,
): Promise<R> {
  const ledger = accounts(account)
  const opened = grant(await ledger.open({ credential, id, idempotencyKey, leaseMs, within }))
  if (opened.kept || opened.job) return work(opened) // nothing was reserved for a repeat
  try {
    return await work(opened)
  } catch (error) {
    await ledger.settle(id, { answered: false, code: codeOf(error) }) // of one that was charged nothing changes
    throw error
  }
}
