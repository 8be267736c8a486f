import { screeningSchema } from '@detl/core/api/screening'
import * as z from 'zod'

/** What the gateway needs of an answer; a newer service may say more. */
export const answerSchema = z.object(screeningSchema.shape).pick({
  id: true,
  model: true,
  probabilities: true,
  label: true,
  decision: true,
  heatmaps: true,
  severity: true,
  outlines: true,
  quality: true,
})
export type ServiceAnswer = z.infer<typeof answerSchema>

/** What `screen` gave. */
export const readAnswer = (text: string): ServiceAnswer => answerSchema.parse(JSON.parse(text))
