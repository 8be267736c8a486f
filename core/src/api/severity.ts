import * as z from 'zod'
import { LUNG_FAULTS, LUNG_REMARKS, type LungFault, type LungRemark } from '../lungs/lung.ts'

const upTo = (most: number) => {
  const number = z.number().min(0).max(most)
  return z.strictObject({ value: number, low: number, high: number })
}
const zone = z.strictObject({
  /** 0: nothing opaque; 1: up to a third of the zone; 2: up to two thirds; 3: more. In between it rises evenly. */
  score: upTo(3),
  /** Share of the zone that is opaque. */
  extent: upTo(1),
})

/**
 * How much of the lungs is opaque. Every number has a range; `level` of held-out images, whose lesions were outlined by hand, had their true value in it.
 * It is no Brixia and no RALE score, no diagnosis, and no measure of how ill a patient is.
 */
export const severitySchema = z.discriminatedUnion('assessable', [
  z.strictObject({
    assessable: z.literal(false),
    reason: z.strictObject({
      code: z.enum(Object.keys(LUNG_FAULTS) as [LungFault, ...LungFault[]]),
      detail: z.string(),
    }),
  }),
  z.strictObject({
    assessable: z.literal(true),
    /** Sum of the six zones' scores. */
    score: upTo(18),
    /** Share of each lung that is opaque; left and right are the patient's. */
    extent: z.strictObject({ left: upTo(1), right: upTo(1) }),
    /** A, B, C: upper, middle, lower third of the right lung; D, E, F: of the left. */
    zones: z.strictObject({ A: zone, B: zone, C: zone, D: zone, E: zone, F: zone }),
    level: z.number().min(0).max(1),
    /** What is to be known of the lungs; `quality.warnings` has the same in words. */
    remarks: z.array(z.enum(Object.keys(LUNG_REMARKS) as [LungRemark, ...LungRemark[]])).optional(),
  }),
])

const polygon = z.array(z.array(z.number()).length(2))

/** Each zone and each lung as a closed polygon: points [x, y] in pixels of the image, upright as it was scored; the last is joined with the first. */
export const outlinesSchema = z.strictObject({
  A: polygon,
  B: polygon,
  C: polygon,
  D: polygon,
  E: polygon,
  F: polygon,
  /** The patient's right lung, and the left; answers of older services have neither. */
  right: polygon.optional(),
  left: polygon.optional(),
})
