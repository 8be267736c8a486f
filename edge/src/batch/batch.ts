import { DurableObject } from 'cloudflare:workers'
import type { RemoteLedger } from '../accounts.ts'
import type { BatchMessage } from '../ledger/job-message.ts'
import type { Sql } from '../ledger/sql.ts'
import type { Delivery } from '../webhooks/deliveries.ts'
import { tellReceivers } from '../webhooks/notify.ts'
import type { RemoteBook } from './batches.ts'
import { openBook } from './book.ts'
import type { Book } from './book-types.ts'
import { type Effects, keep } from './keeper.ts'
import { folderOf, forgetFolder } from './part-store.ts'

export type BatchBindings = {
  readonly ACCOUNTS: { getByName(id: string): Pick<RemoteLedger, 'receivers' | 'removeBatch' | 'shareOf'> }
  readonly RECEIVERS: { getByName(webhook: string): { enqueue(delivery: Delivery): Promise<void> } }
  readonly BATCHES: Queue<BatchMessage>
  readonly RESULTS: R2Bucket
  readonly BATCH_LEASE_MS: string
  readonly BATCH_WORKERS: string
  readonly BATCH_KEPT_MS: string
}

type Args<M extends keyof Book> = Parameters<Book[M]>

/** One Durable Object a batch: its book as remote methods, and the alarm that calls workers to what is to be done. Found by `<account>:<id>`. */
export class Batch extends DurableObject<BatchBindings> implements RemoteBook {
  #opened: Book | undefined
  #alarmAt: number | undefined

  /** Opened when it is first asked for, and anew after everything was deleted. */
  get #book(): Book {
    this.#opened ??= openBook(this.ctx.storage.sql as Sql, {
      clock: Date.now,
      leaseMs: Number(this.env.BATCH_LEASE_MS),
      keptMs: Number(this.env.BATCH_KEPT_MS),
    })
    return this.#opened
  }

  create(...args: Args<'create'>) {
    return this.#run((book) => book.create(...args))
  }
  add(...args: Args<'add'>) {
    return this.#run((book) => book.add(...args))
  }
  start(...args: Args<'start'>) {
    return this.#run((book) => book.start(...args))
  }
  take(...args: Args<'take'>) {
    return this.#run((book) => book.take(...args))
  }
  finish(...args: Args<'finish'>) {
    return this.#run((book) => book.finish(...args))
  }
  pause() {
    return this.#run((book) => book.pause())
  }
  resume() {
    return this.#run((book) => book.resume())
  }
  cancel() {
    return this.#run((book) => book.cancel())
  }
  rerun() {
    return this.#run((book) => book.rerun())
  }
  standing() {
    return this.#run((book) => book.standing())
  }
  failures(...args: Args<'failures'>) {
    return this.#run((book) => book.failures(...args))
  }
  manifestOf(...args: Args<'manifestOf'>) {
    return this.#run((book) => book.manifestOf(...args))
  }
  parts(...args: Args<'parts'>) {
    return this.#run((book) => book.parts(...args))
  }
  /** Deletes everything of it. */
  async forget(): Promise<void> {
    const head = this.#book.standing()?.head
    if (head) await this.#effects.forget(head)
    await this.#delete()
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    if (await keep(this.#book, this.#effects)) await this.#schedule()
    else await this.#delete()
  }

  readonly #effects: Effects = {
    share: ({ account, id }) =>
      this.env.ACCOUNTS.getByName(account)
        .shareOf(id, Number(this.env.BATCH_WORKERS))
        .catch((error: unknown) => {
          // The account's object is being moved: its batches are not to stop for that.
          console.warn(JSON.stringify({ level: 'warn', event: 'batch-share', id, error: String(error) }))
          return 1
        }),
    send: async ({ account, id: batch }, chunks) => {
      // Should they be lost on the way, they are sent again: the book has them as sent, and when that is over.
      await this.env.BATCHES.sendBatch(chunks.map((chunk) => ({ body: { account, batch, chunk } })))
    },
    tell: async ({ account, id }, { type, id: event }) => {
      const webhooks = await this.env.ACCOUNTS.getByName(account).receivers(id)
      await tellReceivers(
        (webhook, delivery) => this.env.RECEIVERS.getByName(`${account}:${webhook}`).enqueue(delivery),
        { account, webhooks, id: event, type, about: id },
      )
    },
    forget: async (head) => {
      await forgetFolder(this.env.RESULTS, folderOf(head))
      await this.env.ACCOUNTS.getByName(head.account).removeBatch(head.id)
    },
  }

  async #delete(): Promise<void> {
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
    this.#opened = undefined
    this.#alarmAt = undefined
  }

  async #run<T>(work: (book: Book) => T): Promise<T> {
    const result = work(this.#book)
    await this.#schedule()
    return result
  }

  async #schedule(): Promise<void> {
    const next = this.#book.nextDue()
    if (next === undefined) return
    const due = Math.max(next, Date.now())
    this.#alarmAt ??= (await this.ctx.storage.getAlarm()) ?? undefined
    if (this.#alarmAt !== undefined && this.#alarmAt <= due) return
    this.#alarmAt = due
    await this.ctx.storage.setAlarm(due)
  }
}
