import type { WebhookEvent } from '@detl/core/api/job'
import type { Webhook } from '../ledger/ledger.ts'
import type { Delivery } from './deliveries.ts'

export type NotifyReceivers = (
  account: string,
  webhooks: readonly Webhook[],
  job: string,
  state: 'succeeded' | 'failed',
) => Promise<void>

/** Tells each receiver's own object; the event's id is made of the job's, so that telling it twice delivers once. */
export const notifier =
  (enqueue: (account: string, webhook: string, delivery: Delivery) => Promise<void>): NotifyReceivers =>
  async (account, webhooks, job, state) => {
    const event: WebhookEvent = {
      type: `screening.${state}`,
      timestamp: new Date().toISOString(),
      data: { id: job },
    }
    const body = JSON.stringify(event)
    await Promise.all(
      webhooks.map(({ id, url }) =>
        enqueue(account, id, { id: `evt_${job}`, url, body, webhook: `${account}:${id}` }),
      ),
    )
  }
