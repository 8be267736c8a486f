import { resizeMap } from '@detl/core/cam/resize-map'
import type { Geometry } from '@detl/core/preprocess/preprocessed'
import type { Box } from '../data/record.ts'

export type MapView = {
  map: { width: number; height: number; data: ArrayLike<number> }
  grid: { stride: number; offset: number }
  geometry: Geometry
  /** Of the upright image, in whose pixels boxes and masks are given. */
  source: { width: number; height: number }
}

/** The map over the source image: [source.height, source.width]. */
export const overSource = ({ map, grid, geometry, source }: MapView): Float32Array =>
  resizeMap(map, grid, geometry, source, source)

/** Pointing game (Zhang et al. 2018): does the map's maximum lie in a box, with 15 px of tolerance at 224 px? */
export function pointsInto(
  values: Float32Array,
  source: { width: number; height: number },
  boxes: readonly Box[],
): boolean {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  if (values[best]! <= 0) return false // a map without evidence points nowhere
  const tolerance = (15 / 224) * Math.max(source.width, source.height)
  const x = (best % source.width) + 0.5
  const y = Math.floor(best / source.width) + 0.5
  return within(x, y, boxes, tolerance)
}

/** What always pointing at the middle of the image would score. */
export const centrePointsInto = (source: { width: number; height: number }, boxes: readonly Box[]): boolean =>
  within(source.width / 2, source.height / 2, boxes, (15 / 224) * Math.max(source.width, source.height))

/** What pointing anywhere at random would score: the share of the image that counts as a hit. */
export function randomPointsInto(source: { width: number; height: number }, boxes: readonly Box[]): number {
  const tolerance = (15 / 224) * Math.max(source.width, source.height)
  const step = 4 // of the grid of points, in pixels
  let hits = 0
  let all = 0
  for (let y = step / 2; y < source.height; y += step) {
    for (let x = step / 2; x < source.width; x += step) {
      all++
      if (within(x, y, boxes, tolerance)) hits++
    }
  }
  return hits / all
}

/** Share of the map's sum that falls on the mask; NaN for a map without evidence. */
export function energyInside(values: Float32Array, mask: ArrayLike<number>): number {
  let inside = 0
  let total = 0
  for (let i = 0; i < values.length; i++) {
    total += values[i]!
    if (mask[i]) inside += values[i]!
  }
  return total > 0 ? inside / total : Number.NaN
}

/** Intersection over union of the mask with the part of the map above half of its maximum. */
export function intersectionOverUnion(values: Float32Array, mask: ArrayLike<number>): number {
  const half = values.reduce((m, v) => Math.max(m, v), 0) / 2
  let both = 0
  let either = 0
  for (let i = 0; i < values.length; i++) {
    const hot = half > 0 && values[i]! >= half
    if (hot && mask[i]) both++
    if (hot || mask[i]) either++
  }
  return either > 0 ? both / either : 0
}

const within = (x: number, y: number, boxes: readonly Box[], tolerance: number): boolean =>
  boxes.some(
    (b) =>
      x >= b.x - tolerance &&
      x <= b.x + b.width + tolerance &&
      y >= b.y - tolerance &&
      y <= b.y + b.height + tolerance,
  )
