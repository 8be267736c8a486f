import * as z from 'zod'
import type { Label } from '../model/labels.ts'

/**
 * One line of the prediction log: what a model was given and said, in figures. No pixel, no map, no identifier of a request, an account
 * or a patient, and the time to the hour only.
 */
export const predictionSchema = z.strictObject({
  /** Hour of the screening, UTC. */
  hour: z.string().regex(/^\d{4}-\d\d-\d\dT\d\dZ$/),
  model: z.string(),
  version: z.string(),
  /** Of a test key: not held against the reference. */
  test: z.literal(true).optional(),
  /** Calibrated probability of each class. */
  scores: z.record(z.string(), z.number().min(0).max(1)),
  /** Squared Mahalanobis distance from the training images; null where the model does not measure it. */
  ood: z.number().nullable(),
  /** Of the tensor that the model was given, 0 … 255. */
  tensor: z.strictObject({
    mean: z.number(),
    /** Standard deviation of the grey levels. */
    deviation: z.number(),
    /** Shares of the pixels that are 0 and 255. */
    black: z.number(),
    white: z.number(),
    /** Mean absolute difference of neighbours in a row: small where an image is soft. */
    detail: z.number(),
  }),
})
export type Prediction = z.infer<typeof predictionSchema>

/** Figures of one tensor, UINT8 [1,1,S,S]. @param size S */
export function tensorStatistics(tensor: Uint8Array, size: number): Prediction['tensor'] {
  const counts = new Uint32Array(256)
  let differences = 0
  for (let at = 0; at < tensor.length; at++) {
    counts[tensor[at]!]!++
    if (at % size !== 0) differences += Math.abs(tensor[at]! - tensor[at - 1]!)
  }
  let sum = 0
  let squares = 0
  for (let grey = 0; grey < 256; grey++) {
    sum += grey * counts[grey]!
    squares += grey * grey * counts[grey]!
  }
  const n = tensor.length
  const mean = sum / n
  return {
    mean: rounded(mean, 2),
    deviation: rounded(Math.sqrt(Math.max(0, squares / n - mean * mean)), 2),
    black: rounded(counts[0]! / n, 4),
    white: rounded(counts[255]! / n, 4),
    detail: rounded(differences / (n - n / size), 3),
  }
}

/**
 * A line of the log. Figures are rounded, so that a line says as little of one film as drift can be told from.
 * @param scored [C] probabilities in the order of `labels`, and the model's own measure of distance; whether a test key asked
 */
export function predictionOf(
  model: { readonly name: string; readonly version: string; readonly labels: readonly Label[] },
  tensor: Prediction['tensor'],
  scored: {
    readonly probabilities: ArrayLike<number>
    readonly oodScore?: number | undefined
    readonly test?: boolean
  },
  at: Date,
): Prediction {
  return {
    hour: `${at.toISOString().slice(0, 13)}Z`,
    model: model.name,
    version: model.version,
    ...(scored.test && { test: true as const }),
    scores: Object.fromEntries(model.labels.map((label, c) => [label, rounded(scored.probabilities[c]!, 4)])),
    ood: scored.oodScore === undefined ? null : rounded(scored.oodScore, 1),
    tensor,
  }
}

/** What drift is looked for in: `score <class>`, `distance`, `tensor mean`, … by name. */
export function measuresOf({ scores, ood, tensor }: Prediction): Record<string, number> {
  const named = (prefix: string, values: Readonly<Record<string, number>>) =>
    Object.entries(values).map(([name, value]) => [`${prefix} ${name}`, value] as const)
  return Object.fromEntries([
    ...named('score', scores),
    ...(ood === null ? [] : ([['distance', ood]] as const)),
    ...named('tensor', tensor),
  ])
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
