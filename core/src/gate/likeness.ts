import { resample } from '../preprocess/fit.ts'
import { insideFrame } from '../preprocess/frame.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'
import { applyWindow, measureWindow } from '../preprocess/window.ts'
import type { WorkingImage } from '../preprocess/working-image.ts'

/** Principal components of thumbnails of frontal chest X-rays: what such an image can look like, and what it cannot. */
export type ChestModel = {
  /** Thumbnails are side × side, levels 0–255, row-major. */
  readonly side: number
  readonly mean: Float64Array
  /** Each of length side²; orthonormal to the rounding of their storage. */
  readonly components: readonly Float64Array[]
  /** Variance along each component, and left over per pixel. */
  readonly variances: readonly number[]
  readonly residualVariance: number
  readonly discriminant: Discriminant
}

/** Weights over `likenessFeatures` (`discriminant.ts`); their sum with the bias is the log-odds that a picture is no frontal chest X-ray. */
export type Discriminant = { readonly weights: readonly number[]; readonly bias: number }

/** How far an image lies from frontal chest X-rays: within the components' space, and outside of it. */
export type Unlikeness = { readonly within: number; readonly outside: number }

/** The image inside its frame, windowed as for the network, stretched to side × side. */
export function thumbnail(working: WorkingImage, side: number, spec: PreprocessSpec): Float64Array {
  const inside = insideFrame(working, spec.frame)
  const window = measureWindow(working, inside, spec.window)
  return resample(working, inside, side, side).map((value) => applyWindow(value, window, spec.window.levels))
}

/** Squared Mahalanobis distance in the components' space, squared residual over its usual variance, and the scores in standard deviations. */
export function project(
  thumb: Float64Array,
  model: Omit<ChestModel, 'discriminant'>,
): Unlikeness & { readonly scores: number[] } {
  const centred = thumb.map((value, i) => value - model.mean[i]!)
  let rest = dot(centred, centred)
  let within = 0
  const scores = model.components.map((component, k) => {
    const score = dot(centred, component)
    within += (score * score) / model.variances[k]!
    rest -= score * score
    return score / Math.sqrt(model.variances[k]!)
  })
  return { within, outside: Math.max(0, rest) / model.residualVariance, scores }
}

/** The two distances alone. */
export function unlikeness(thumb: Float64Array, model: Omit<ChestModel, 'discriminant'>): Unlikeness {
  const { within, outside } = project(thumb, model)
  return { within, outside }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** A side × side thumbnail, turned by 90° clockwise. */
export function turnThumbnail(thumb: Float64Array, side: number): Float64Array {
  return thumb.map((_, i) => thumb[(side - 1 - (i % side)) * side + Math.floor(i / side)]!)
}
