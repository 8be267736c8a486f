import { DurableObject } from 'cloudflare:workers'
import type { UsageEvent } from '../billing/sink.ts'
import { JOB_DUE_MS, type JobMessage } from '../jobs.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Sql } from './sql.ts'

/** Bindings that an account's object uses. */
export type AccountBindings = {
  readonly USAGE: Queue<UsageEvent>
  readonly JOBS: Queue<JobMessage>
  /** After which a charge that was not confirmed is exported again. */
  readonly EXPORT_RETRY_MS: string
}

const ALARM_DELAY_MS = 200
const EXPORT_BATCH = 100 // the most that a Queue takes in one call

/** One Durable Object an account: its ledger behind one method, and the alarm that lapses leases and sends charges to the billing queue. */
export class Account extends DurableObject<AccountBindings> {
  #ledger: Ledger | undefined
  #alarmAt: number | undefined

  /** Calls a method of the ledger; `account` is the name that this object was found by. */
  async run<M extends keyof Ledger>(
    account: string,
    method: M,
    args: Parameters<Ledger[M]>,
  ): Promise<ReturnType<Ledger[M]>> {
    const ledger = this.#open(account)
    const call = ledger[method] as (...values: Parameters<Ledger[M]>) => ReturnType<Ledger[M]>
    const result = call(...args)
    await this.#schedule(ledger)
    return result
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    const account = await this.ctx.storage.get<string>('account')
    if (account === undefined) return
    const ledger = this.#open(account)
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
    await this.#schedule(ledger)
  }

  #open(account: string): Ledger {
    if (this.#ledger === undefined) {
      this.ctx.storage.kv.put('account', account) // the alarm is not told it
      this.#ledger = createLedger(account, this.ctx.storage.sql as Sql, Date.now)
    }
    return this.#ledger
  }

  async #schedule(ledger: Ledger): Promise<void> {
    const next = ledger.nextDue() ?? Number.POSITIVE_INFINITY
    const due = Math.max(next, Date.now() + ALARM_DELAY_MS) // what falls due together is done together
    if (due === Number.POSITIVE_INFINITY) return
    this.#alarmAt ??= (await this.ctx.storage.getAlarm()) ?? undefined
    if (this.#alarmAt !== undefined && this.#alarmAt <= due) return
    this.#alarmAt = due
    await this.ctx.storage.setAlarm(due)
  }
}
