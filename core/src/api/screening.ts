import * as z from 'zod'
import type { ActivationMap } from '../cam/resize-map.ts'
import { LABELS, type Label } from '../model/labels.ts'
import type { Manifest } from '../model/manifest.ts'
import { decisionSchema } from './decision.ts'
import { AppError } from './problem.ts'

export const DISCLAIMER =
  'Research software, not a medical device. The scores assist a qualified reader; they are not a diagnosis.'

const probability = z.number().min(0).max(1)

/** One class's Grad-CAM: `value = byte / 255 × max`, row-major, top row first. */
const heatmapSchema = z.strictObject({
  class: z.enum(LABELS),
  /** Raw maximum of the map, in logit units: compare it between classes before trusting a hot spot. */
  max: z.number().min(0),
  width: z.int().positive(),
  height: z.int().positive(),
  encoding: z.literal('base64-uint8'),
  data: z.base64(),
})

const rectangle = z.strictObject({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })

/** The answer to POST /v1/screenings as application/json. */
export const screeningSchema = z.strictObject({
  id: z.string(),
  model: z.strictObject({ name: z.string(), version: z.string(), preprocess: z.string() }),
  /** Calibrated, they sum to 1. Scores, not a diagnosis. */
  probabilities: z.strictObject({
    normal: probability,
    other_disease: probability,
    pneumonia: probability,
    covid19: probability,
  }),
  /** The class of the highest probability. */
  label: z.enum(LABELS),
  /** The scores against the thresholds that the account chose; absent where there are none. */
  decision: decisionSchema.optional(),
  heatmaps: z.array(heatmapSchema),
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
  servedBy: z.enum(['gpu', 'edge']),
  disclaimer: z.literal(DISCLAIMER),
})

export type Screening = z.infer<typeof screeningSchema>

/** What the model says of one image. */
export type Scores = {
  readonly probabilities: Readonly<Record<Label, number>>
  readonly label: Label
  /** Raw Grad-CAM of each class. */
  readonly maps: Readonly<Record<Label, ActivationMap>>
}

/**
 * The model's outputs for one image as scores by name.
 * @param probabilities [C], they sum to 1
 * @param cam [C,h,w], raw scale
 * @throws AppError upstream-invalid when a length or a value is not what the manifest promises
 */
export function readScores(
  manifest: Pick<Manifest, 'cam' | 'labels'>,
  probabilities: Float32Array,
  cam: Float32Array,
): Scores {
  const { width, height } = manifest.cam
  const cells = width * height
  const classes = manifest.labels.length
  if (probabilities.length !== classes || cam.length !== classes * cells) {
    throw new AppError(
      'upstream-invalid',
      `${probabilities.length} probabilities and ${cam.length} map cells; expected ${classes} and ${classes * cells}`,
    )
  }
  const sum = probabilities.reduce((total, p) => total + p, 0)
  if (!(Math.abs(sum - 1) < 1e-3)) {
    throw new AppError('upstream-invalid', `probabilities sum to ${sum}; expected 1`)
  }
  const best = probabilities.indexOf(Math.max(...probabilities))
  const byLabel = <T>(value: (index: number) => T) =>
    Object.fromEntries(manifest.labels.map((label, index) => [label, value(index)])) as Record<Label, T>
  return {
    probabilities: byLabel((index) => probabilities[index]!),
    label: manifest.labels[best]!,
    maps: byLabel((index) => ({ width, height, data: cam.subarray(index * cells, (index + 1) * cells) })),
  }
}

/** Largest value of a map, 0 for a map without evidence. */
export const mapMaximum = (map: ActivationMap): number => {
  let max = 0
  for (let i = 0; i < map.data.length; i++) if (map.data[i]! > max) max = map.data[i]!
  return max
}

/** A map as it travels in JSON: 8 bits of its own range, with the raw maximum beside it. */
export function encodeHeatmap(label: Label, map: ActivationMap): Screening['heatmaps'][number] {
  const max = mapMaximum(map)
  let binary = ''
  for (let i = 0; i < map.data.length; i++) {
    binary += String.fromCharCode(max > 0 ? Math.round((map.data[i]! / max) * 255) : 0)
  }
  const { width, height } = map
  return { class: label, max, width, height, encoding: 'base64-uint8', data: btoa(binary) }
}
