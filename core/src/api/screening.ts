import * as z from 'zod'
import { type ActivationMap, mapMaximum } from '../cam/resize-map.ts'
import { regionsSchema } from '../lungs/regions-schema.ts'
import { classIdSchema, classInfoSchema } from '../model/class-schema.ts'
import { siteSchema } from '../model/manifest.ts'
import { computedOnSchema } from './computed-on.ts'
import { toldDecisionSchema } from './decision-schema.ts'
import { DISCLAIMER } from './disclaimer.ts'
import { outlinesSchema, severitySchema } from './severity.ts'

const probability = z.number().min(0).max(1)

/** One class's Grad-CAM: `value = byte / 255 × max`, row-major, top row first. */
const heatmapSchema = z.strictObject({
  class: classIdSchema,
  /** Raw maximum of the map, in logit units: compare it between classes before trusting a hot spot. */
  max: z.number().min(0),
  width: z.int().positive(),
  height: z.int().positive(),
  encoding: z.literal('base64-uint8'),
  data: z.base64(),
  /** Share of the map's evidence that lies in the lungs; absent where there is no evidence, or lungs were not found. */
  inLungs: z.number().min(0).max(1).optional(),
})

const rectangle = z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })

/** The answer to POST /v1/screenings as application/json. */
export const screeningSchema = z.strictObject({
  id: z.string(),
  model: z.strictObject({
    name: z.string(),
    version: z.string(),
    preprocess: z.string(),
    /** Where thresholds, and perhaps the temperature, were fitted to a site's own films. */
    site: siteSchema.optional(),
    /** The network within the model that outlines lungs and opacity, which `severity` is made of; absent where there is none. */
    lungs: regionsSchema.shape.network.optional(),
  }),
  /** What the model tells apart, in its order: whether a class is a finding, how it is called, and its codes. */
  classes: z.array(classInfoSchema),
  /** By class, calibrated. They sum to 1, unless the model scores its classes independently of each other. Scores, not a diagnosis. */
  probabilities: z.record(classIdSchema, probability),
  /** The class of the highest probability. It is not the decision: a finding of a lower score may be above its own threshold. */
  label: classIdSchema,
  /** The scores against the thresholds that the account chose, and the sentence to show first. */
  decision: toldDecisionSchema,
  heatmaps: z.array(heatmapSchema),
  /** How much of the lungs is opaque; absent where the model outlines no lungs. */
  severity: severitySchema.optional(),
  /** The zones of `severity` on the image; absent where lungs were not found. */
  outlines: outlinesSchema.optional(),
  /** How a heat map lies on the image: cell (i,j) looks at tensor pixel offset + stride × (j,i); the tensor's `placed` shows the image's `crop`. */
  image: z.strictObject({
    format: z.string(),
    width: z.int().positive(),
    height: z.int().positive(),
    crop: rectangle,
    placed: rectangle,
    grid: z.strictObject({ stride: z.number(), offset: z.number() }),
  }),
  quality: z.strictObject({ warnings: z.array(z.strictObject({ code: z.string(), detail: z.string() })) }),
  /** Who made the tensor of the image: the service, which saw the image, or the client, who sent the tensor alone. */
  preprocessedBy: z.enum(['service', 'client']),
  servedBy: z.enum(['gpu', 'edge']),
  /** What computed the scores, as the model server says: ONNX Runtime's execution provider and the device. Absent where it does not say, and at the edge. */
  computedOn: computedOnSchema.optional(),
  disclaimer: z.literal(DISCLAIMER),
})

export type Screening = z.infer<typeof screeningSchema>

/** A map as it travels in JSON: 8 bits of its own range, with the raw maximum beside it. */
export function encodeHeatmap(label: string, map: ActivationMap): Screening['heatmaps'][number] {
  const max = mapMaximum(map)
  let binary = ''
  for (let i = 0; i < map.data.length; i++) {
    binary += String.fromCharCode(max > 0 ? Math.round((map.data[i]! / max) * 255) : 0)
  }
  const { width, height } = map
  return { class: label, max, width, height, encoding: 'base64-uint8', data: btoa(binary) }
}
