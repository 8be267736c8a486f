import { DurableObject } from 'cloudflare:workers'
import type { RemoteLedger } from '../accounts.ts'
import type { UsageEvent } from '../billing/sink.ts'
import { createLedger } from './create-ledger.ts'
import { JOB_DUE_MS, type JobMessage } from './job-message.ts'
import type { Ledger } from './ledger.ts'
import { seedOf } from './seed.ts'
import type { Sql } from './sql.ts'

/** Bindings that an account's object uses. */
export type AccountBindings = {
  readonly USAGE: Queue<UsageEvent>
  readonly JOBS: Queue<JobMessage>
  /** After which a charge that was not confirmed is exported again. */
  readonly EXPORT_RETRY_MS: string
  /** Keys that the deployment itself brings (`env.ts`). */
  readonly DETL_API_KEYS?: string
}

const ALARM_DELAY_MS = 200
const EXPORT_BATCH = 100 // the most that a Queue takes in one call

type Args<M extends keyof Ledger> = Parameters<Ledger[M]>

/**
 * One Durable Object an account: its ledger as remote methods, and the alarm that lapses leases and sends jobs and charges to their
 * queues. Found by the account's id.
 */
export class Account extends DurableObject<AccountBindings> implements RemoteLedger {
  readonly #account: string
  readonly #ledger: Ledger
  #alarmAt: number | undefined

  constructor(state: DurableObjectState, env: AccountBindings) {
    super(state, env)
    const { name } = state.id
    if (name === undefined) throw new Error('an account is found by its id')
    this.#account = name
    this.#ledger = createLedger(name, state.storage.sql as Sql, Date.now)
    const seed = seedOf(name, env.DETL_API_KEYS)
    if (seed) this.#ledger.seed(seed)
  }

  account(...args: Args<'account'>) {
    return this.#run((ledger) => ledger.account(...args))
  }
  standing(...args: Args<'standing'>) {
    return this.#run((ledger) => ledger.standing(...args))
  }
  configure(...args: Args<'configure'>) {
    return this.#run((ledger) => ledger.configure(...args))
  }
  setSettings(...args: Args<'setSettings'>) {
    return this.#run((ledger) => ledger.setSettings(...args))
  }
  addCredits(...args: Args<'addCredits'>) {
    return this.#run((ledger) => ledger.addCredits(...args))
  }
  addKey(...args: Args<'addKey'>) {
    return this.#run((ledger) => ledger.addKey(...args))
  }
  key(...args: Args<'key'>) {
    return this.#run((ledger) => ledger.key(...args))
  }
  listKeys(...args: Args<'listKeys'>) {
    return this.#run((ledger) => ledger.listKeys(...args))
  }
  revokeKey(...args: Args<'revokeKey'>) {
    return this.#run((ledger) => ledger.revokeKey(...args))
  }
  rotateKey(...args: Args<'rotateKey'>) {
    return this.#run((ledger) => ledger.rotateKey(...args))
  }
  authorize(...args: Args<'authorize'>) {
    return this.#run((ledger) => ledger.authorize(...args))
  }
  open(...args: Args<'open'>) {
    return this.#run((ledger) => ledger.open(...args))
  }
  settle(...args: Args<'settle'>) {
    return this.#run((ledger) => ledger.settle(...args))
  }
  countRepeat(...args: Args<'countRepeat'>) {
    return this.#run((ledger) => ledger.countRepeat(...args))
  }
  createJob(...args: Args<'createJob'>) {
    return this.#run((ledger) => ledger.createJob(...args))
  }
  job(...args: Args<'job'>) {
    return this.#run((ledger) => ledger.job(...args))
  }
  endJob(...args: Args<'endJob'>) {
    return this.#run((ledger) => ledger.endJob(...args))
  }
  cancelJob(...args: Args<'cancelJob'>) {
    return this.#run((ledger) => ledger.cancelJob(...args))
  }
  openItems(...args: Args<'openItems'>) {
    return this.#run((ledger) => ledger.openItems(...args))
  }
  settleItems(...args: Args<'settleItems'>) {
    return this.#run((ledger) => ledger.settleItems(...args))
  }
  addBatch(...args: Args<'addBatch'>) {
    return this.#run((ledger) => ledger.addBatch(...args))
  }
  batches(...args: Args<'batches'>) {
    return this.#run((ledger) => ledger.batches(...args))
  }
  hasBatch(...args: Args<'hasBatch'>) {
    return this.#run((ledger) => ledger.hasBatch(...args))
  }
  shareOf(...args: Args<'shareOf'>) {
    return this.#run((ledger) => ledger.shareOf(...args))
  }
  removeBatch(...args: Args<'removeBatch'>) {
    return this.#run((ledger) => ledger.removeBatch(...args))
  }
  noteBatch(...args: Args<'noteBatch'>) {
    return this.#run((ledger) => ledger.noteBatch(...args))
  }
  addWebhook(...args: Args<'addWebhook'>) {
    return this.#run((ledger) => ledger.addWebhook(...args))
  }
  webhooks(...args: Args<'webhooks'>) {
    return this.#run((ledger) => ledger.webhooks(...args))
  }
  receivers(...args: Args<'receivers'>) {
    return this.#run((ledger) => ledger.receivers(...args))
  }
  removeWebhook(...args: Args<'removeWebhook'>) {
    return this.#run((ledger) => ledger.removeWebhook(...args))
  }
  usage(...args: Args<'usage'>) {
    return this.#run((ledger) => ledger.usage(...args))
  }
  auditLog(...args: Args<'auditLog'>) {
    return this.#run((ledger) => ledger.auditLog(...args))
  }
  exportsConfirmed(...args: Args<'exportsConfirmed'>) {
    return this.#run((ledger) => ledger.exportsConfirmed(...args))
  }
  charged(...args: Args<'charged'>) {
    return this.#run((ledger) => ledger.charged(...args))
  }
  chargedEntries(...args: Args<'chargedEntries'>) {
    return this.#run((ledger) => ledger.chargedEntries(...args))
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    const ledger = this.#ledger
    const account = this.#account
    ledger.tidy()
    // Their first message was sent with the request; this one is for those that were lost on the way.
    for (const id of ledger.dueJobs(JOB_DUE_MS)) await this.env.JOBS.send({ account, id })
    const due = ledger.dueExports(EXPORT_BATCH)
    const customer = ledger.account()?.billingCustomer
    if (due.length > 0) {
      // Should this object die, or the queue lose them, they are sent again: `entry` tells the provider that they are the same.
      ledger.exportsSent(
        due.map(({ entry }) => entry),
        Number(this.env.EXPORT_RETRY_MS),
      )
      if (customer !== undefined)
        await this.env.USAGE.sendBatch(due.map((charge) => ({ body: { ...charge, account, customer } })))
    }
    await this.#schedule()
  }

  async #run<T>(work: (ledger: Ledger) => T): Promise<T> {
    const result = work(this.#ledger)
    await this.#schedule()
    return result
  }

  async #schedule(): Promise<void> {
    const next = this.#ledger.nextDue()
    if (next === undefined) return
    const due = Math.max(next, Date.now() + ALARM_DELAY_MS) // what falls due together is done together
    this.#alarmAt ??= (await this.ctx.storage.getAlarm()) ?? undefined
    if (this.#alarmAt !== undefined && this.#alarmAt <= due) return
    this.#alarmAt = due
    await this.ctx.storage.setAlarm(due)
  }
}
