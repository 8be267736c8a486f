import type { Accounts } from '../accounts.ts'
import type { BillingSink } from './sink.ts'

export type Reconciled = {
  readonly account: string
  readonly charged: number
  readonly reported: number
  /** charged − reported: zero, or something is on its way or lost. */
  readonly difference: number
}

/** Compares each account's ledger with what the billing provider has, in [from, to), whole minutes in ms since the epoch. */
export async function reconcile(
  accounts: Accounts,
  ids: readonly string[],
  sink: BillingSink,
  from: number,
  to: number,
): Promise<Reconciled[]> {
  const rows: Reconciled[] = []
  for (const id of ids) {
    const ledger = accounts(id)
    const customer = (await ledger.account())?.billingCustomer
    if (customer === undefined) continue
    const [charged, reported] = await Promise.all([ledger.charged(from, to), sink.total(customer, from, to)])
    rows.push({ account: id, charged, reported, difference: charged - reported })
  }
  return rows
}
