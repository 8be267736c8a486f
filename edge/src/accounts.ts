import type { Ledger } from './ledger/ledger.ts'

/** An account's ledger as seen from a request: the same methods, somewhere else. */
export type RemoteLedger = {
  readonly [M in keyof Ledger]: Ledger[M] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<R>
    : never
}

/** Finds an account's ledger; whether there is such an account, its methods say. */
export type Accounts = (id: string) => RemoteLedger

/** A {@link RemoteLedger} from whatever carries one call there. */
export function remoteLedger(
  call: <M extends keyof Ledger>(method: M, args: Parameters<Ledger[M]>) => Promise<ReturnType<Ledger[M]>>,
): RemoteLedger {
  return new Proxy({} as RemoteLedger, {
    get: (_, method) =>
      // A proxy that had `then` would be taken for a promise by await.
      method === 'then' ? undefined : (...args: never[]) => call(method as keyof Ledger, args as never),
  })
}
