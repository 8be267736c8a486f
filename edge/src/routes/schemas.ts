import { accountSchema, createdKeySchema, keySchema } from '@detl/core/api/account'
import { problemSchema } from '@detl/core/api/problem-schema'
import { screeningSchema } from '@detl/core/api/screening'
import { manifestSchema } from '@detl/core/model/manifest'
import { z } from '@hono/zod-openapi' // it also gives every schema the method that names it

/** Core's schemas under the names that the OpenAPI document refers to them by. */
export const Account = accountSchema.openapi('Account')
export const Key = keySchema.openapi('Key')
export const CreatedKey = createdKeySchema.openapi('CreatedKey')
export const Screening = screeningSchema.openapi('Screening')
export const Problem = problemSchema.openapi('Problem')
export const Model = manifestSchema.extend({ preprocessId: z.string() }).openapi('Model')
