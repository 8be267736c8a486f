import type { Ledger } from './ledger/ledger.ts'

type Async<L> = {
  readonly [M in keyof L]: L[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never
}

/** What only the ledger's own object does, by its alarm. */
type Housekeeping = 'seed' | 'dueJobs' | 'dueExports' | 'exportsSent' | 'tidy' | 'nextDue'

/** An account's ledger as seen from a request: the same methods, somewhere else. */
export type RemoteLedger = Async<Omit<Ledger, Housekeeping>>

/** Finds an account's ledger; whether there is such an account, its methods say. */
export type Accounts = (id: string) => RemoteLedger
