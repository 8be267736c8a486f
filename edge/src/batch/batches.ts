import type { Book } from './book-types.ts'

type Async<L> = {
  readonly [M in keyof L]: L[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never
}

/** What only the batch's own object does, by its alarm. */
type Housekeeping = 'due' | 'told' | 'nextDue'

/** A batch as seen from a request or a worker: the same methods, somewhere else. */
export type RemoteBook = Async<Omit<Book, Housekeeping>> & { readonly forget: () => Promise<void> }

/** Finds a batch; whether there is one, its methods say. */
export type Batches = (account: string, id: string) => RemoteBook
