import * as z from 'zod'
import { problemSchema } from './problem-schema.ts'
import { screeningSchema } from './screening.ts'

/** A screening that is answered later: GET /v1/screenings/{id}. */
export const jobSchema = z.strictObject({
  id: z.string(),
  status: z.enum(['queued', 'succeeded', 'failed', 'cancelled']),
  createdAt: z.iso.datetime(),
  /** Until then the answer is kept; DELETE forgets it earlier. */
  expiresAt: z.iso.datetime(),
  /** When it succeeded. */
  screening: screeningSchema.optional(),
  /** When it failed. */
  problem: problemSchema.optional(),
})

/** An address that is told when a job or a batch has ended. */
export const webhookSchema = z.strictObject({
  id: z.string(),
  url: z.url(),
  createdAt: z.iso.datetime(),
})

/** The only answer that ever holds the secret, in the form of Standard Webhooks: `whsec_…`. */
export const createdWebhookSchema = webhookSchema.extend({ secret: z.string() })

export const webhookInputSchema = z.strictObject({ url: z.url().max(2000) })

/** What a webhook receives: that a job has ended, not with what; the scores are fetched with a key. */
export const webhookEventSchema = z.strictObject({
  type: z.enum(['screening.succeeded', 'screening.failed', 'batch.ended', 'batch.paused']),
  timestamp: z.iso.datetime(),
  data: z.strictObject({ id: z.string() }),
})
export type WebhookEvent = z.infer<typeof webhookEventSchema>
