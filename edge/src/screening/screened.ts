import type { Denial, Opened } from '../ledger/ledger.ts'

/** A screening that the ledger lets go on: reserved, or the repeat of one that was answered or became a job. */
export type Granted = Exclude<Opened, Denial>

/** Whose screening it is. */
export type Screened = {
  /** Of the request, the screening and its entry in the ledger. */
  readonly id: string
  readonly account: string
  readonly idempotencyKey: string | undefined
  /** See `OpenRequest.within`. */
  readonly within?: string | undefined
}
