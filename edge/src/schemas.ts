import { accountSchema, createdKeySchema, keySchema } from '@detl/core/api/account'
import { batchFailureSchema, batchSchema } from '@detl/core/api/batch'
import { comparisonSchema } from '@detl/core/api/comparison'
import { healthSchema } from '@detl/core/api/health'
import { createdWebhookSchema, jobSchema, webhookSchema } from '@detl/core/api/job'
import { problemSchema } from '@detl/core/api/problem-schema'
import { screeningSchema } from '@detl/core/api/screening'
import { manifestSchema } from '@detl/core/model/manifest'
import { z } from '@hono/zod-openapi'

/** The schema under the name that the OpenAPI document refers to it by. A clone: only schemas made after that package was loaded can be named. */
const named = <S extends z.ZodType>(schema: S, name: string): S => schema.clone().openapi(name)

export const Account = named(accountSchema, 'Account')
export const Health = named(healthSchema, 'Health')
export const Key = named(keySchema, 'Key')
export const CreatedKey = named(createdKeySchema, 'CreatedKey')
export const Screening = named(screeningSchema, 'Screening')
export const Comparison = named(comparisonSchema.extend({ screenings: z.array(Screening) }), 'Comparison')
export const Problem = named(problemSchema, 'Problem')
export const Webhook = named(webhookSchema, 'Webhook')
export const CreatedWebhook = named(createdWebhookSchema, 'CreatedWebhook')
export const Job = named(
  jobSchema.extend({ screening: Screening.optional(), problem: Problem.optional() }),
  'Job',
)
export const Batch = named(batchSchema.extend({ problem: Problem.optional() }), 'Batch')
export const BatchFailure = named(batchFailureSchema.extend({ problem: Problem }), 'BatchFailure')
export const Model = named(manifestSchema.extend({ preprocessId: z.string() }), 'Model')
