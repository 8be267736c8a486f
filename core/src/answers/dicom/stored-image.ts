import type { Reading } from '../../gate/reading.ts'
import type { Point } from '../../lungs/outlines.ts'

/** In pixels. */
export type Size = { readonly width: number; readonly height: number }

/** A place on an image as it is stored, in its pixels: 0, 0 is the outer corner of the first (PS3.3, C.18.6.1). */
export type Region = { readonly type: 'POINT' | 'POLYLINE'; readonly points: readonly Point[] }

/** @param image as it is upright */
export function storedSize(reading: Reading, image: Size): Size {
  const across = reading === 'rotated-90' || reading === 'rotated-270'
  return across ? { width: image.height, height: image.width } : image
}

/** Where a place of the stored image lies in the upright one; `rotated-90` is stored turned by 90° clockwise. */
export function toUpright(reading: Reading, { width, height }: Size, [x, y]: Point): Point {
  if (reading === 'rotated-90') return [y, width - x]
  if (reading === 'rotated-180') return [width - x, height - y]
  if (reading === 'rotated-270') return [height - y, x]
  return [x, y]
}

/**
 * Where a place of the upright image lies in the stored one: in pixels from the upper left corner of its first, as DICOM counts them
 * (PS3.3, C.10.5.1.2 and C.18.6.1.2). What lies outside is moved to the edge.
 */
export function toStored(reading: Reading, { width, height }: Size, [u, v]: Point): Point {
  const [x, y] = ((): Point => {
    if (reading === 'rotated-90') return [width - v, u]
    if (reading === 'rotated-180') return [width - u, height - v]
    if (reading === 'rotated-270') return [v, height - u]
    return [u, v]
  })()
  return [within(x, width), within(y, height)]
}

const within = (value: number, most: number) => Math.min(most, Math.max(0, value))
