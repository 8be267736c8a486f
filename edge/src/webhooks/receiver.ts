import { DurableObject } from 'cloudflare:workers'
import type { Sql } from '../ledger/sql.ts'
import { parsePorts } from './address.ts'
import { type Delivery, deliveryQueue } from './deliveries.ts'

export type ReceiverBindings = {
  readonly DETL_KEY_PEPPER: string
  /** `true` on a local start only: receivers on loopback and plain HTTP. */
  readonly WEBHOOK_ALLOW_LOCAL?: string
  /** See `parsePorts`. */
  readonly WEBHOOK_PORTS?: string
}

/** One Durable Object a webhook: its deliveries, one attempt after another, by alarm. */
export class Receiver extends DurableObject<ReceiverBindings> {
  readonly #queue = deliveryQueue(this.ctx.storage.sql as Sql, Date.now)

  async enqueue(delivery: Delivery): Promise<void> {
    this.#queue.add(delivery)
    await this.#schedule()
  }

  async forget(): Promise<void> {
    this.#queue.forget()
    await this.ctx.storage.deleteAlarm()
  }

  override async alarm(): Promise<void> {
    await this.#queue.deliverDue({
      pepper: this.env.DETL_KEY_PEPPER,
      allowLocal: this.env.WEBHOOK_ALLOW_LOCAL === 'true',
      ports: this.env.WEBHOOK_PORTS ? parsePorts(this.env.WEBHOOK_PORTS) : undefined,
      fetch: (url, init) => fetch(url, init),
    })
    await this.#schedule()
  }

  async #schedule(): Promise<void> {
    const due = this.#queue.nextDue()
    if (due !== undefined) await this.ctx.storage.setAlarm(Math.max(due, Date.now()))
  }
}
