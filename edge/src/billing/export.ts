import type { Accounts } from '../accounts.ts'
import { type BillingSink, SinkError, type UsageEvent } from './sink.ts'

const RETRY_BASE_S = 2
const RETRY_MAX_S = 600

/**
 * The billing queue's consumer. Each event is reported by itself, so that one that is refused holds back no other, and confirmed to its
 * ledger, which sends again what is not confirmed: nothing is lost with a queue. What keeps failing goes to the dead-letter queue too.
 */
export async function exportUsage(
  batch: MessageBatch<UsageEvent>,
  sink: BillingSink,
  accounts: Accounts,
): Promise<void> {
  const confirmed = new Map<string, string[]>()
  await Promise.all(
    batch.messages.map(async (message) => {
      const { entry, account } = message.body
      try {
        await sink.report(message.body)
        confirmed.set(account, [...(confirmed.get(account) ?? []), entry])
        message.ack()
      } catch (error) {
        const permanent = error instanceof SinkError && error.permanent
        console.error(
          JSON.stringify({
            level: 'error',
            event: 'billing-export',
            entry,
            account,
            permanent,
            error: String(error),
          }),
        )
        message.retry({ delaySeconds: Math.min(RETRY_MAX_S, RETRY_BASE_S ** message.attempts) })
      }
    }),
  )
  for (const [account, entries] of confirmed) await accounts(account).exportsConfirmed(entries)
}
