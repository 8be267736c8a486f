import * as z from 'zod'
import { precisionSchema } from '../model/precision.ts'

/** What computed the scores: ONNX Runtime's execution provider and the device, as the model server says, and in which numbers. */
export const computedOnSchema = z.strictObject({
  provider: z.string().max(64),
  adapter: z.string().max(256),
  precision: precisionSchema.optional(),
})
export type ComputedOn = z.infer<typeof computedOnSchema>
