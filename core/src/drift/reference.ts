import * as z from 'zod'
import { measuresOf, type Prediction } from './prediction.ts'

const histogramSchema = z
  .strictObject({
    /** Ascending: the smallest value, the inner deciles without repetition, the largest value. */
    edges: z.array(z.number()).min(2),
    /** Films in each bin, as `binOf` says: one more than there are edges. */
    counts: z.array(z.int().nonnegative()),
  })
  .refine(({ edges, counts }) => counts.length === edges.length + 1, 'counts are one more than edges')
  .refine(({ edges }) => edges.every((e, i) => i === 0 || e >= edges[i - 1]!), 'edges do not ascend')
export type Histogram = z.infer<typeof histogramSchema>

/** reference.json, beside model.onnx: how the measures of films are distributed that drift is judged against. */
export const referenceSchema = z
  .strictObject({
    schema: z.literal(1),
    /** The model that scored the films: another version has other scores. */
    model: z.strictObject({ name: z.string(), version: z.string() }),
    /** What films these are, in words. */
    of: z.string().min(1),
    films: z.int().positive(),
    createdAt: z.iso.datetime(),
    /** By the names that `measuresOf` gives. */
    measures: z.record(z.string(), histogramSchema),
  })
  .refine(
    ({ films, measures }) => Object.values(measures).every(({ counts }) => sum(counts) === films),
    'a measure does not count all films',
  )
export type Reference = z.infer<typeof referenceSchema>

/** Films below which a reference would say more of chance than of a site. */
export const FEWEST_FILMS = 30

/**
 * @param json the content of reference.json
 * @param model what it must be of
 * @throws Error that says what is wrong, and how to make it again
 */
export function parseReference(json: unknown, model: Reference['model']): Reference {
  const parsed = referenceSchema.safeParse(json)
  const again = 'make it again with `detl drift reference`'
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new Error(`reference.json: ${issues.join('; ')}; ${again}`)
  }
  const { name, version } = parsed.data.model
  if (name !== model.name || version !== model.version)
    throw new Error(
      `reference.json is of ${name} ${version}, the model is ${model.name} ${model.version}; ${again}`,
    )
  return parsed.data
}

/**
 * The distribution of each measure, in bins that hold a tenth of the films each where values do not repeat.
 * @throws RangeError for fewer than 30 films
 */
export function referenceOf(
  predictions: readonly Prediction[],
  { model, of, at }: { model: Reference['model']; of: string; at: Date },
): Reference {
  if (predictions.length < FEWEST_FILMS)
    throw new RangeError(`a reference needs ${FEWEST_FILMS} films; there are ${predictions.length}`)
  const rows = predictions.map(measuresOf)
  const measures: Record<string, Histogram> = {}
  for (const name of Object.keys(rows[0]!)) {
    const values = rows.map((row) => row[name]!)
    const edges = edgesOf(values.toSorted((a, b) => a - b))
    measures[name] = { edges, counts: countsIn(edges, values) }
  }
  return {
    schema: 1,
    model: { name: model.name, version: model.version },
    of,
    films: predictions.length,
    createdAt: at.toISOString(),
    measures,
  }
}

/**
 * The bin of a value: 0 below the smallest, then (edge, next edge], the smallest value itself in the first of these; the last one is above
 * the largest. Values that no film of the reference had so have bins of their own.
 */
export function binOf(edges: readonly number[], value: number): number {
  if (value < edges[0]!) return 0
  let bin = 1
  while (bin < edges.length && edges[bin]! < value) bin++
  return bin
}

export function countsIn(edges: readonly number[], values: Iterable<number>): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0)
  for (const value of values) counts[binOf(edges, value)]!++
  return counts
}

function edgesOf(sorted: readonly number[]): number[] {
  const inner = Array.from({ length: 9 }, (_, i) => sorted[Math.ceil(((i + 1) / 10) * sorted.length) - 1]!)
  const [min, max] = [sorted[0]!, sorted.at(-1)!]
  const between = [...new Set(inner)].filter((edge) => edge < max)
  return [min, ...between, max]
}

function sum(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0)
}
