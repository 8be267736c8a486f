import { type ActivationMap, type CamGrid, resizeMap } from '../cam/resize-map.ts'
import type { Rect } from '../preprocess/preprocessed.ts'
import type { Lungs } from './lung.ts'

/** Where a map looks, and the tensor that it looks at. */
export type MapPlace = { readonly grid: CamGrid; readonly placed: Rect; readonly size: number }

/**
 * Share of a class's evidence that lies in the lungs: the map's sum over the lungs by its sum over the picture, 0 … 1. A map that looks elsewhere
 * — at a marker, at the shoulders — has a low one. As a measure of comparison: an even map has the share of the picture that is lung.
 * @param lungs in a grid of `width` × `height` cells over the whole tensor
 * @returns undefined for a map without evidence
 */
export function inLungShare(
  map: ActivationMap,
  { grid, placed, size }: MapPlace,
  { right, left }: Lungs,
  { width, height }: { readonly width: number; readonly height: number },
): number | undefined {
  const tensor = { width: size, height: size }
  const values = resizeMap(map, grid, { crop: placed, placed }, tensor, { width, height })
  let inside = 0
  let all = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    inside += value * Math.min(1, right.share[i]! + left.share[i]!)
    all += value
  }
  return all > 0 ? inside / all : undefined
}
