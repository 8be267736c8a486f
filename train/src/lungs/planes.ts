/** [S,S] of 0 … 255 → [S/2,S/2] of 0 … 1 */
export function halved(plane: Uint8Array): Float32Array {
  const side = Math.sqrt(plane.length)
  const out = new Float32Array(plane.length / 4)
  for (let y = 0, k = 0; y < side; y += 2)
    for (let x = 0; x < side; x += 2, k++) {
      const i = y * side + x
      out[k] = (plane[i]! + plane[i + 1]! + plane[i + side]! + plane[i + side + 1]!) / (4 * 255)
    }
  return out
}

/** [h,w] → [2h,2w], linear between the centres of cells, clamped at the edge. */
export function doubled(plane: ArrayLike<number>, width: number, height: number): Float32Array {
  const out = new Float32Array(4 * width * height)
  const at = (i: number, length: number): [number, number, number] => {
    const position = Math.max(0, Math.min(length - 1, (i + 0.5) / 2 - 0.5))
    const cell = Math.floor(position)
    return [cell, Math.min(length - 1, cell + 1), position - cell]
  }
  for (let v = 0; v < 2 * height; v++) {
    const [top, bottom, fy] = at(v, height)
    for (let u = 0; u < 2 * width; u++) {
      const [left, right, fx] = at(u, width)
      const row = (y: number) => plane[y * width + left]! * (1 - fx) + plane[y * width + right]! * fx
      out[v * 2 * width + u] = row(top) * (1 - fy) + row(bottom) * fy
    }
  }
  return out
}

/** A plane [h,w] with its left side at the right. */
export function mirrored<T extends Uint8Array | Float32Array>(plane: T, width: number): T {
  const out = plane.slice() as T
  for (let at = 0; at < plane.length; at += width)
    for (let x = 0; x < width; x++) out[at + x] = plane[at + width - 1 - x]!
  return out
}
