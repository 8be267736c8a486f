import { AppError } from '@detl/core/api/problem'
import * as z from 'zod'
import { ARCHITECTURES, type Architecture, type TrainConfig } from './config.ts'

/** Of `cxrGrey`. */
const LARGEST_SIZE = 1024
/** detl12 has no cell left of a smaller image after its three poolings; the others halve it five times. */
const sizeFault = (architecture: Architecture, size: number): string | undefined => {
  if (architecture === 'detl12') return size < 36 ? 'detl12 takes 36 or more' : undefined
  return size % 32 === 0 ? undefined : `${architecture} takes multiples of 32`
}

const count = z.int().min(1)
const factor = z.number().min(0)
const chance = z.number().min(0).max(1)
const share = z.number().min(0).lt(1)
const kept = z.number().gt(0).max(1)

const stage = z.strictObject({
  epochs: count,
  patience: count.optional(),
  epochImages: z.int().min(0),
  batchSize: count,
  optimizer: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('adam'), beta1: share, beta2: share, epsilon: z.number().gt(0) }),
    z.strictObject({ kind: z.literal('sgd'), momentum: share }),
  ]),
  learningRate: z.number().gt(0),
  finalRate: chance,
  warmup: factor,
  trainFrom: z.string(),
  ramp: factor,
  normalise: z.boolean(),
  dropout: share,
  labelSmoothing: share,
  weightDecay: factor,
  weighting: z.enum(['none', 'class', 'within-source', 'class-and-source']),
  averageDecay: share,
  findingsWeight: factor,
  evidenceWeight: factor,
  augment: z.strictObject({
    rotation: factor,
    scaling: share,
    mirroring: chance,
    shift: share,
    reframe: chance,
    reframeKeep: kept,
    gamma: factor,
    contrast: factor,
    brightness: factor,
    blur: chance,
    blurTo: kept,
    noise: chance,
    noiseMax: factor,
    marks: chance,
  }),
  keep: z.enum(['balancedAccuracy', 'loss', 'last']),
  classBias: z.boolean(),
})

const recipe = z
  .strictObject({
    name: z.string().min(1),
    architecture: z.enum(ARCHITECTURES),
    input: z.enum(['harmonised', 'plain']),
    size: z.int().min(1).max(LARGEST_SIZE),
    seed: z.int().min(0),
    pretrain: stage,
    transfer: stage,
  })
  .superRefine(({ architecture, size }, context) => {
    const message = sizeFault(architecture, size)
    if (message) context.addIssue({ code: 'custom', path: ['size'], message: `${size}; ${message}` })
  })

/**
 * A recipe whose values can be trained with.
 * @throws AppError request-invalid that names every setting that is none
 */
export function checkedRecipe(config: TrainConfig): TrainConfig {
  const result = recipe.safeParse(config)
  if (result.success) return config
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new AppError('request-invalid', `recipe "${config.name}": ${[...new Set(faults)].join('; ')}`)
}
