import type { Accounts } from '@detl/edge/accounts'
import type { Batches, RemoteBook } from '@detl/edge/batch/batches'
import { openBook } from '@detl/edge/batch/book'
import type { Book } from '@detl/edge/batch/book-types'
import { type Effects, keep } from '@detl/edge/batch/keeper'
import { type Bucket, folderOf, forgetFolder } from '@detl/edge/batch/part-store'
import type { BatchMessage } from '@detl/edge/ledger/job-message'
import type { Delivery } from '@detl/edge/webhooks/deliveries'
import { tellReceivers } from '@detl/edge/webhooks/notify'
import { nodeSql } from './local-accounts.ts'

/** Batches in this process, each on a SQLite database of its own: what the Durable Objects run, without workerd and without a queue. */
export function localBatches(of: {
  clock: () => number
  results: Bucket
  accounts: Accounts
  told: { webhook: string; delivery: Delivery }[]
}) {
  const books = new Map<string, Book>()
  const sent: BatchMessage[] = []
  const effects: Effects = {
    share: ({ account, id }) => of.accounts(account).shareOf(id, 4),
    send: async ({ account, id: batch }, chunks) =>
      void sent.push(...chunks.map((chunk) => ({ account, batch, chunk }))),
    tell: async ({ account, id }, { type, id: event }) =>
      tellReceivers(async (webhook, delivery) => void of.told.push({ webhook, delivery }), {
        account,
        webhooks: await of.accounts(account).receivers(id),
        id: event,
        type,
        about: id,
      }),
    forget: async (head) => {
      await forgetFolder(of.results, folderOf(head))
      await of.accounts(head.account).removeBatch(head.id)
    },
  }
  const open = (name: string): Book => {
    const book =
      books.get(name) ?? openBook(nodeSql(), { clock: of.clock, leaseMs: 60_000, keptMs: 7 * 24 * 3600_000 })
    books.set(name, book)
    return book
  }
  const batches: Batches = (account, id) => {
    const name = `${account}:${id}`
    const remote = Object.fromEntries(
      Object.entries(open(name)).map(([method, run]) => [
        method,
        async (...args: never[]) => (run as (...values: never[]) => unknown)(...args),
      ]),
    )
    const forget = async () => {
      const head = open(name).standing()?.head
      if (head) await effects.forget(head)
      books.delete(name)
    }
    return { ...remote, forget } as unknown as RemoteBook
  }
  return {
    batches,
    book: (account: string, id: string) => open(`${account}:${id}`),
    /** The calls of workers that are due now; what else is due is done. */
    async due(): Promise<BatchMessage[]> {
      for (const [name, book] of books) if (!(await keep(book, effects))) books.delete(name)
      return sent.splice(0)
    },
  }
}

/** What is used of an R2 bucket, in memory. */
export function memoryBucket() {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>()
  const bucket = {
    async put(key: string, value: Uint8Array<ArrayBuffer>) {
      objects.set(key, value)
    },
    async get(key: string) {
      const value = objects.get(key)
      return value
        ? {
            size: value.length,
            body: new Blob([value]).stream(),
            arrayBuffer: async () => value.slice().buffer,
          }
        : null
    },
    async list({ prefix }: { prefix: string }) {
      return { objects: [...objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => ({ key })) }
    },
    async delete(keys: string | string[]) {
      for (const key of [keys].flat()) objects.delete(key)
    },
  }
  return { ...(bucket as unknown as Bucket), objects }
}
