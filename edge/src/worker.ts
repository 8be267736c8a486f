import { problemDetails } from '@detl/core/api/problem-schema'
import { type Turn, turn as turnOf } from './batch/turn.ts'
import type { WorkDeps } from './batch/work.ts'
import { work as workOnBatch } from './batch/work.ts'
import { exportUsage } from './billing/export.ts'
import type { UsageEvent } from './billing/sink.ts'
import type { BatchMessage, JobMessage } from './ledger/job-message.ts'
import { type JobDeps, runJob } from './screening/jobs.ts'
import { type Bindings, startService } from './service.ts'

// Workers finds the classes of its Durable Objects among the exports of the main module.
// biome-ignore lint/performance/noBarrelFile: see above
export { Batch } from './batch/batch.ts'
export { Kept } from './kept/kept.ts'
export { Account } from './ledger/account.ts'
export { Directory } from './ledger/directory.ts'
export { Receiver } from './webhooks/receiver.ts'

let service: ReturnType<typeof startService> | undefined

/** One job by itself: what keeps one waiting keeps no other. */
async function consume(jobs: JobDeps, message: Message<JobMessage>): Promise<void> {
  try {
    const delaySeconds = await runJob(jobs, message.body, message.attempts)
    if (delaySeconds === undefined) message.ack()
    else message.retry({ delaySeconds })
  } catch (error) {
    console.error(JSON.stringify({ level: 'error', event: 'job', id: message.body.id, error: String(error) }))
    message.retry({ delaySeconds: 30 })
  }
}

/** A message is a call to a chunk; what is lost of one, the batch sends again by itself. */
async function consumeBatch(deps: WorkDeps, message: Message<BatchMessage>, turn: Turn): Promise<void> {
  try {
    await workOnBatch(deps, message.body, turn)
    message.ack()
  } catch (error) {
    const { batch, chunk } = message.body
    console.error(JSON.stringify({ level: 'error', event: 'batch', batch, chunk, error: String(error) }))
    message.retry({ delaySeconds: 30 })
  }
}

const worker: ExportedHandler<Bindings, UsageEvent | JobMessage | BatchMessage> = {
  fetch(request, bindings, context) {
    try {
      service ??= startService(bindings)
    } catch (error) {
      // A deployment's mistake: which variable is wrong stands in the log; the caller gets the same shape as for any failure.
      console.error(JSON.stringify({ level: 'error', event: 'misconfigured', error: String(error) }))
      const body = problemDetails('internal', 'The service is not configured.')
      return Response.json(body, { status: 500, headers: { 'content-type': 'application/problem+json' } })
    }
    const answer = Promise.resolve(service.app.fetch(request, bindings, context))
    // A caller that goes away ends nothing in the middle: places are left, and reservations given back.
    context.waitUntil(answer.catch(() => undefined))
    return answer
  },
  async queue(batch, bindings) {
    service ??= startService(bindings)
    const { billing, accounts, jobs, work } = service
    if (batch.queue === 'detl-jobs') {
      await Promise.all((batch as MessageBatch<JobMessage>).messages.map((message) => consume(jobs, message)))
      return
    }
    if (batch.queue === 'detl-batches') {
      const turn = turnOf(work.clock)
      const { messages } = batch as MessageBatch<BatchMessage>
      await Promise.all(messages.map((message) => consumeBatch(work, message, turn)))
      return
    }
    if (!billing) throw new Error('STRIPE_API_KEY is not set: charges wait in the queue')
    await exportUsage(batch as MessageBatch<UsageEvent>, billing, accounts)
  },
}
export default worker
