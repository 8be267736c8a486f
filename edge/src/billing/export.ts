import { type BillingSink, SinkError, type UsageEvent } from './sink.ts'

const RETRY_BASE_S = 5
const RETRY_MAX_S = 3600

/**
 * The billing queue's consumer. Each event is reported by itself, so that one that is refused holds back no other; what keeps failing goes to
 * the dead-letter queue after the retries that wrangler.toml allows, where reconciliation finds it.
 */
export async function exportUsage(batch: MessageBatch<UsageEvent>, sink: BillingSink): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      try {
        await sink.report(message.body)
        message.ack()
      } catch (error) {
        const permanent = error instanceof SinkError && error.permanent
        const { entry, account } = message.body
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
        message.retry({ delaySeconds: Math.min(RETRY_MAX_S, RETRY_BASE_S * 2 ** message.attempts) })
      }
    }),
  )
}
