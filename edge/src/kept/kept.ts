import { DurableObject } from 'cloudflare:workers'
import type { Sql } from '../ledger/sql.ts'
import type { RemoteKept } from './keeper.ts'
import { type KeptObject, keptTable, type Uids } from './kept-table.ts'

/** One Durable Object an account and mode: what was made of its images, until the time that it chose is over. */
export class Kept extends DurableObject implements RemoteKept {
  readonly #table = keptTable(this.ctx.storage.sql as Sql, Date.now)

  async put(objects: readonly KeptObject[]) {
    this.#table.put(objects)
    await this.#schedule()
  }
  async find(uids: Uids, limit: number) {
    return this.#table.find(uids, limit)
  }
  async file(instance: string) {
    return this.#table.file(instance)
  }
  async remove(uids: Uids) {
    return this.#table.remove(uids)
  }

  override async alarm(): Promise<void> {
    this.#table.tidy()
    await this.#schedule()
  }

  async #schedule(): Promise<void> {
    const due = this.#table.nextDue()
    if (due !== undefined) await this.ctx.storage.setAlarm(Math.max(due, Date.now() + 1000))
  }
}
