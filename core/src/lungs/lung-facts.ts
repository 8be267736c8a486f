import * as z from 'zod'
import { description, parsed, SCHEMA } from '../model/manifest.ts'
import { regionsSchema } from './regions-schema.ts'

const rate = z.number().min(0).max(1)
/** Means over held-out images; each was scored by a network that saw nothing of its patient, or nothing of its source. */
const dice = z.strictObject({ images: z.int().positive(), mean: rate, lowest: rate, right: rate, left: rate })
const correlation = z.number().min(-1).max(1)

/** lungs.json: all that is known of the network that outlines lungs and opacity, besides its weights. It lies beside its model.onnx. */
export const lungFactsSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  name: description.name,
  version: description.version,
  createdAt: description.createdAt,
  /** Side of its input, UINT8 [N,1,size,size]. */
  size: z.int().positive(),
  /** Of the bytes of the tensor. */
  scale: z.number().positive(),
  height: z.int().positive(),
  width: z.int().positive(),
  error: regionsSchema.shape.error,
  figures: z.strictObject({
    /** Of the lungs, by folds that keep patients together. */
    folds: dice.extend({ byFold: z.array(rate) }),
    /** Of the lungs, trained without a source and tested on it; null where it was not tried. */
    sourceLeftOut: dice.extend({ source: z.string() }).nullable(),
    /** Of lesions outlined by hand, in the same folds: rank correlation of extents and of scores with those of the outlines. */
    severity: z.strictObject({
      images: z.int().positive(),
      spearmanExtent: correlation,
      spearmanScore: correlation,
      /** Mean extent that is said of normal films, where it ought to be 0. */
      normalExtent: rate,
      normalImages: z.int().nonnegative(),
    }),
  }),
  data: description.data,
  /** Who outlined lungs and lesions by hand; absent in files from before this was recorded. */
  outlines: z
    .array(
      z.strictObject({
        of: z.enum(['lungs', 'lesions']),
        source: z.string(),
        licence: z.string(),
        images: z.int().positive(),
      }),
    )
    .optional(),
  training: description.training,
})
export type LungFacts = z.infer<typeof lungFactsSchema>

/** @param json the content of lungs.json @throws Error that names the schema or each field that is wrong */
export const parseLungFacts = (json: unknown): LungFacts =>
  parsed(lungFactsSchema, json, {
    what: 'lungs.json',
    remedy: 'write it again with `detl train lungs-report`',
  })
