import type { Book, Head } from './book-types.ts'

/** What a batch brings about outside of its own object. */
export type Effects = {
  /** How many workers it may have now. */
  readonly share: (head: Head) => Promise<number>
  /** Calls workers to chunks. */
  readonly send: (head: Head, chunks: readonly number[]) => Promise<void>
  readonly tell: (head: Head, event: { type: 'batch.ended' | 'batch.paused'; id: string }) => Promise<void>
  /** Deletes its results, and takes it off its account's list. */
  readonly forget: (head: Head) => Promise<void>
}

/**
 * Does what is due. What is told or forgotten twice, after a death in the middle, is so only once for who hears it.
 * @returns whether the batch is still there
 */
export async function keep(book: Book, effects: Effects): Promise<boolean> {
  const { head, state } = book.standing() ?? {}
  if (!head) return false
  const { send, tell, expired } = book.due(state === 'running' ? await effects.share(head) : 0)
  if (expired) {
    await effects.forget(head)
    return false
  }
  if (send.length > 0) await effects.send(head, send)
  if (tell) {
    await effects.tell(head, tell)
    book.told()
  }
  return true
}
