import * as z from 'zod'

/** What computed the scores: ONNX Runtime's execution provider and the device, as the model server says. */
export const computedOnSchema = z.strictObject({ provider: z.string().max(64), adapter: z.string().max(256) })
export type ComputedOn = z.infer<typeof computedOnSchema>
