import { accountSchema, createdKeySchema, keySchema, usageRowSchema } from '@detl/core/api/account'
import { batchSchema } from '@detl/core/api/batch'
import { comparisonSchema } from '@detl/core/api/comparison'
import { screeningSchema } from '@detl/core/api/screening'
import type { ZoneOutlines } from '@detl/core/lungs/outlines'
import { manifestSchema } from '@detl/core/model/manifest'
import * as z from 'zod'
import { type HeatMap, type ModelInfo, PageError, type Result } from './types.ts'

/** @throws PageError answer-not-understood */
export function readAnswer(json: unknown): Result {
  const answer = parse(screeningSchema, json)
  const { id, model, classes, probabilities, label, decision, image, quality, servedBy, computedOn } = answer
  const { severity, outlines } = answer
  const maps = Object.fromEntries(
    answer.heatmaps.map(({ class: name, max, width, height, data }): [string, HeatMap] => {
      const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0))
      return [name, { width, height, max, data: Float32Array.from(bytes, (byte) => byte / 255) }]
    }),
  )
  const whole = (map: HeatMap | undefined) => map !== undefined && map.data.length === map.width * map.height
  if (!classes.every((one) => whole(maps[one.id]))) {
    throw misunderstood('a heat map is missing or incomplete')
  }
  const { crop, placed, grid } = image
  return {
    id,
    model,
    classes,
    probabilities,
    label,
    maps,
    geometry: { crop, placed },
    grid,
    image: { format: image.format, width: image.width, height: image.height },
    decision,
    ...(severity && { severity }),
    ...(outlines && { outlines: outlines as ZoneOutlines }),
    warnings: quality.warnings,
    servedBy,
    ...(computedOn && { computedOn }),
  }
}

/** @throws PageError answer-not-understood */
export function readModel(json: unknown): ModelInfo {
  const { name, version, preprocess, gate } = parse(
    manifestSchema.extend({ preprocessId: z.string().optional() }),
    json,
  )
  return { name, version, preprocess, gate }
}

export const readComparison = (json: unknown) => parse(comparisonSchema, json)
export const readAccount = (json: unknown) => parse(accountSchema, json)
export const readUsage = (json: unknown) => parse(usageSchema, json).usage
export const readKeys = (json: unknown) => parse(keysSchema, json).keys
export const readCreatedKey = (json: unknown) => parse(createdKeySchema, json).key

export const readBatches = (json: unknown) => parse(batchesSchema, json).batches

const batchesSchema = z.object({ batches: z.array(batchSchema) })
const usageSchema = z.object({ usage: z.array(usageRowSchema) })
const keysSchema = z.object({ keys: z.array(keySchema) })

function parse<S extends z.ZodType>(schema: S, json: unknown): z.output<S> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw misunderstood(parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '))
}

const misunderstood = (detail: string) => new PageError({ code: 'answer-not-understood', detail })
