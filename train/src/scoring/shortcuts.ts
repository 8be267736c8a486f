import type { PixelCache } from '../data/cache.ts'
import type { ImageRecord } from '../data/record.ts'
import type { Shortcut } from '../scores/files.ts'

/**
 * The same central box for every image: a box fitted to each lung would itself tell something. It covers the lungs of
 * a usual frontal film.
 */
export const LUNG_BOX = { left: 0.08, top: 0.1, right: 0.92, bottom: 0.85 }

/** Features of image `index` of the cache. */
export function shortcutFeatures(
  kind: Shortcut,
  cache: PixelCache,
  index: number,
  record: ImageRecord,
): Float32Array {
  if (kind === 'metadata') {
    const { bytes, colour, width, height } = cache.source[index]!
    const original = [record.sourceWidth ?? width, record.sourceHeight ?? height] as const
    const perPixel = bytes / (width * height)
    return Float32Array.of(width, height, width / height, ...original, perPixel, colour === 'grey' ? 0 : 1)
  }
  const cells = cache.size ** 2
  const tensor = cache.pixels.subarray(index * cells, (index + 1) * cells)
  if (kind === 'thumbnail-16') return shrink(tensor, cache.size, 16)
  const side = 32
  const small = shrink(tensor, cache.size, side)
  const kept: number[] = []
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const edge = Math.min(x, y, side - 1 - x, side - 1 - y)
      if (kind === 'border' ? edge < 2 : !inLungBox((x + 0.5) / side, (y + 0.5) / side))
        kept.push(small[y * side + x]!)
    }
  }
  return Float32Array.from(kept)
}

/** @param u, v in shares of the side */
export const inLungBox = (u: number, v: number): boolean =>
  u > LUNG_BOX.left && u < LUNG_BOX.right && v > LUNG_BOX.top && v < LUNG_BOX.bottom

/** All tensors with the central part at the middle level: what does the network itself say without lungs? */
export function withoutLungs(cache: PixelCache): Uint8Array {
  const { size } = cache
  const out = cache.pixels.slice()
  for (let i = 0; i < cache.files.length; i++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        if (inLungBox((x + 0.5) / size, (y + 0.5) / size)) out[(i * size + y) * size + x] = 128
      }
    }
  }
  return out
}

/** Area average to side × side, 0 … 1; `size` need not be a multiple. */
function shrink(tensor: Uint8Array, size: number, side: number): Float32Array {
  const out = new Float32Array(side * side)
  const step = size / side
  for (let y = 0; y < side; y++) {
    const [y0, y1] = [Math.floor(y * step), Math.max(Math.floor(y * step) + 1, Math.floor((y + 1) * step))]
    for (let x = 0; x < side; x++) {
      const [x0, x1] = [Math.floor(x * step), Math.max(Math.floor(x * step) + 1, Math.floor((x + 1) * step))]
      let sum = 0
      for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += tensor[v * size + u]!
      out[y * side + x] = sum / ((y1 - y0) * (x1 - x0) * 255)
    }
  }
  return out
}
