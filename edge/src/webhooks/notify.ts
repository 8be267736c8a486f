import type { WebhookEvent } from '@detl/core/api/job'
import type { Webhook } from '../ledger/ledger.ts'
import type { Delivery } from './deliveries.ts'

export type NotifyReceivers = (
  account: string,
  webhooks: readonly Webhook[],
  job: string,
  state: 'succeeded' | 'failed',
) => Promise<void>

type Enqueue = (account: string, webhook: string, delivery: Delivery) => Promise<void>

/** Tells each receiver's own object; the event's id is made of the job's, so that telling it twice delivers once. */
export const notifier =
  (enqueue: Enqueue): NotifyReceivers =>
  async (account, webhooks, job, state) =>
    tellReceivers((webhook, delivery) => enqueue(account, webhook, delivery), {
      account,
      webhooks,
      id: `evt_${job}`,
      type: `screening.${state}`,
      about: job,
    })

/**
 * An event for each of an account's receivers.
 * @param event `id` is the event's own: receivers get it once, however often it is told; `about` names the job or batch
 */
export async function tellReceivers(
  enqueue: (webhook: string, delivery: Delivery) => Promise<void>,
  event: {
    account: string
    webhooks: readonly Webhook[]
    id: string
    type: WebhookEvent['type']
    about: string
  },
): Promise<void> {
  const { account, webhooks, id, type, about } = event
  const told: WebhookEvent = { type, timestamp: new Date().toISOString(), data: { id: about } }
  const body = JSON.stringify(told)
  await Promise.all(
    webhooks.map(({ id: webhook, url }) =>
      enqueue(webhook, { id, url, body, webhook: `${account}:${webhook}` }),
    ),
  )
}
