import * as z from 'zod'
import { type ModelIdentity, sameModel } from '../model/identity.ts'
import { precisionSchema } from '../model/precision.ts'

const identitySchema = z.strictObject({
  name: z.string(),
  version: z.string().nullable(),
  /** SHA-256 of model.onnx; null where the part does not say. */
  onnx: z.string().nullable(),
  /** SHA-256 of the manifest's content; null where the part does not say. */
  manifest: z.string().nullable(),
})

/** Which file of the model a part computes with: WebAssembly may have one of its own. */
const runsSchema = z.strictObject({ sha256: z.string(), precision: precisionSchema })

const partSchema = z.strictObject({
  /** `gpu`: the inference server; `fallback`: the edge's own run of the model; `device`: the model that the page brings. */
  part: z.enum(['gpu', 'fallback', 'device']),
  /** `away`: it does not answer; `absent`: there is none; `differs`: it has another model than the edge works by. */
  state: z.enum(['ok', 'away', 'absent', 'differs']),
  model: identitySchema.nullable(),
  /** Null where the part does not say. Of `device` what WebAssembly runs; a page on a GPU runs model.onnx. */
  runs: runsSchema.nullable(),
})

/** GET /v1/health: `degraded` still answers screenings, `failing` answers none, or some with another model. */
export const healthSchema = z.strictObject({
  status: z.enum(['ok', 'degraded', 'failing']),
  /** What the edge works by: labels, thresholds, preprocessing. */
  model: identitySchema,
  parts: z.array(partSchema),
})
export type Health = z.infer<typeof healthSchema>
export type PartHealth = Health['parts'][number]

/** What was found of a part: its model and what of it is run, or that it is away or that there is none. */
export type FoundPart = {
  readonly part: PartHealth['part']
  readonly found: { readonly model: ModelIdentity; readonly runs: PartHealth['runs'] } | 'away' | 'absent'
}

/**
 * Whether a service can answer, and with one model everywhere.
 * @param model what the edge works by @param fallbackWanted whether the service would answer by `fallback` while the GPU is away
 */
export function healthOf(
  model: ModelIdentity,
  found: readonly FoundPart[],
  { fallbackWanted }: { fallbackWanted: boolean },
): Health {
  const parts = found.map(({ part, found: what }): PartHealth => {
    if (typeof what === 'string') return { part, state: what, model: null, runs: null }
    return { part, state: sameModel(model, what.model) ? 'ok' : 'differs', ...what }
  })
  const serving = parts.filter(({ part }) => part === 'gpu' || (part === 'fallback' && fallbackWanted))
  const differs = parts.some(({ state }) => state === 'differs')
  if (differs || !serving.some(({ state }) => state === 'ok')) return { status: 'failing', model, parts }
  // A GPU that is absent was never wanted; a fallback that is, leaves screenings without an answer when the GPU goes.
  const whole = serving.every(({ part, state }) => state === 'ok' || (part === 'gpu' && state === 'absent'))
  return { status: whole ? 'ok' : 'degraded', model, parts }
}
