import type { LabelledImages } from '../data/images.ts'
import { gaussian, type Rng } from '../rng.ts'

/** What no frontal chest X-ray looks like, made from the held-out images themselves or from nothing. */
export const OUTLIERS = ['noise', 'gradients', 'turned-90', 'upside-down', 'inverted'] as const
export type Outlier = (typeof OUTLIERS)[number]

/** As many outliers of a kind as the set has images, at its size. */
export function outliers(kind: Outlier, set: LabelledImages, rng: Rng): LabelledImages {
  const { size } = set
  const cells = size * size
  const pixels = new Uint8Array(set.labels.length * cells)
  for (const [n, index] of set.indices.entries()) {
    const source = set.pixels.subarray(index * cells, (index + 1) * cells)
    const pixel = pixelOf(kind, source, size, rng)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) pixels[n * cells + y * size + x] = pixel(x, y)
  }
  return {
    ...set,
    pixels,
    placed:
      set.indices.length > 0
        ? Array.from(set.indices, () => ({ x: 0, y: 0, width: size, height: size }))
        : [],
    indices: Int32Array.from(set.labels.keys()),
  }
}

function pixelOf(
  kind: Outlier,
  source: Uint8Array,
  size: number,
  rng: Rng,
): (x: number, y: number) => number {
  switch (kind) {
    case 'noise':
      return () => Math.max(0, Math.min(255, 128 + 60 * gaussian(rng)))
    case 'gradients': {
      const [a, b, c] = [rng() - 0.5, rng() - 0.5, rng()]
      return (x, y) =>
        Math.max(0, Math.min(255, 255 * (c + (a * (x - size / 2) + b * (y - size / 2)) / (size / 2))))
    }
    case 'turned-90':
      return (x, y) => source[x * size + (size - 1 - y)]!
    case 'upside-down':
      return (x, y) => source[(size - 1 - y) * size + x]!
    case 'inverted':
      return (x, y) => 255 - source[y * size + x]!
  }
}
