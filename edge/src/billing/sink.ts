/** One charged screening, on its way to the billing provider. */
export type UsageEvent = {
  /** Id of the ledger's entry: the provider counts an identifier once, however often it is told. */
  readonly entry: string
  readonly account: string
  /** The account's customer id at the provider. */
  readonly customer: string
  /** ms since the epoch */
  readonly at: number
}

/** A billing provider, as little of it as is needed. */
export type BillingSink = {
  /** @throws SinkError; `permanent` when trying again cannot help */
  readonly report: (event: UsageEvent) => Promise<void>
  /** How many screenings the provider has of a customer in [from, to), ms since the epoch, whole minutes. */
  readonly total: (customer: string, from: number, to: number) => Promise<number>
}

export class SinkError extends Error {
  override readonly name = 'SinkError'
  readonly permanent: boolean
  constructor(message: string, permanent: boolean, options?: { cause?: unknown }) {
    super(message, options)
    this.permanent = permanent
  }
}
