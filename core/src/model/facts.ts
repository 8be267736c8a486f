import * as z from 'zod'
import { description, distanceSchema, type Manifest, parsed } from './manifest.ts'

/**
 * facts.json: all that is known of a trained model besides its weights. Training writes it once, beside the weights; the exporter
 * reads it and nothing else. The manifest says the same, without the Gaussian, which becomes part of the graph.
 */
export const factsSchema = z.strictObject({
  ...description,
  /** Gaussian of the last hidden layer's D activations over the training images; null where none was fitted. */
  outOfDistribution: distanceSchema
    .extend({
      /** [D] */
      mean: z.array(z.number()),
      /** Inverse covariance, [D,D], row by row. */
      precision: z.array(z.number()),
    })
    .nullable(),
})

export type ModelFacts = z.infer<typeof factsSchema>

/** @param json the content of facts.json @throws Error that names the schema or each field that is wrong */
export const parseFacts = (json: unknown): ModelFacts =>
  parsed(factsSchema, json, { what: 'facts.json', remedy: 'write it again with `detl train artifact`' })

/** What of the facts goes into the manifest, and into model.onnx as metadata. */
export function manifestOf({ outOfDistribution, ...facts }: ModelFacts): Omit<Manifest, 'files'> {
  if (!outOfDistribution) return { ...facts, outOfDistribution }
  const { method, output, threshold } = outOfDistribution
  return { ...facts, outOfDistribution: { method, output, threshold } }
}
