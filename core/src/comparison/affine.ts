/**
 * An affine map of a plane, rows first: (x, y) → (xx·x + xy·y + x0, yx·x + yy·y + y0). Coordinates are shares of the tensor's sides, 0 … 1, so that one
 * map holds for every grid over the tensor.
 */
export type Affine = readonly [xx: number, xy: number, x0: number, yx: number, yy: number, y0: number]

/** The map that exchanges the left and the right of a picture. */
export const MIRROR: Affine = [-1, 0, 1, 0, 1, 0]

/** First `first`, then `second`. */
export function chained(first: Affine, second: Affine): Affine {
  const [a, b, c, d, e, f] = first
  const [p, q, r, s, t, u] = second
  return [p * a + q * d, p * b + q * e, p * c + q * f + r, s * a + t * d, s * b + t * e, s * c + t * f + u]
}

/**
 * What a plane shows where an affine leads, by bilinear interpolation between the centres of its cells; 0 outside.
 * @param plane [height,width]
 * @param affine from coordinates of the result to those of `plane`
 * @param out size of the result
 * @returns [out.height,out.width]
 */
export function warped(
  plane: ArrayLike<number>,
  { width, height }: Size,
  affine: Affine,
  out: Size = { width, height },
): Float32Array {
  const [xx, xy, x0, yx, yy, y0] = affine
  const result = new Float32Array(out.width * out.height)
  for (let row = 0; row < out.height; row++) {
    const v = (row + 0.5) / out.height
    for (let column = 0; column < out.width; column++) {
      const u = (column + 0.5) / out.width
      const x = (xx * u + xy * v + x0) * width - 0.5
      const y = (yx * u + yy * v + y0) * height - 0.5
      result[row * out.width + column] = at(plane, width, height, x, y)
    }
  }
  return result
}

export type Size = { readonly width: number; readonly height: number }

/** A plane between the centres of its cells, bilinear; 0 outside. @param x in cells from the centre of the first */
export function at(plane: ArrayLike<number>, width: number, height: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  if (left < -1 || top < -1 || left >= width || top >= height) return 0
  const [fx, fy] = [x - left, y - top]
  const value = (dx: number, dy: number): number => {
    const [cx, cy] = [left + dx, top + dy]
    return cx < 0 || cy < 0 || cx >= width || cy >= height ? 0 : plane[cy * width + cx]!
  }
  const upper = value(0, 0) * (1 - fx) + value(1, 0) * fx
  const lower = value(0, 1) * (1 - fx) + value(1, 1) * fx
  return upper * (1 - fy) + lower * fy
}

/** The way back. */
export function inverse([xx, xy, x0, yx, yy, y0]: Affine): Affine {
  const det = xx * yy - xy * yx
  const [a, b, d, e] = [yy / det, -xy / det, -yx / det, xx / det]
  return [a, b, -(a * x0 + b * y0), d, e, -(d * x0 + e * y0)]
}
