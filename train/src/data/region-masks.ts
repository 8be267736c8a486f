import type { Geometry } from '@detl/core/preprocess/preprocessed'

/** Cell (i,j) of a square map of `cells` × `cells` looks at offset + stride × (j,i), in tensor pixels. */
export type MapGrid = { cells: number; stride: number; offset: number }

/** Known places of the evidence, one entry per image of a set: a radiologist's boxes, a lesion's or the lungs' outline. */
export type RegionMasks = {
  grid: MapGrid
  /** [S,S] of 0 and 255, in the tensor's geometry */
  masks: readonly (Uint8Array | undefined)[]
  /** How much each region counts; 0 where none is known */
  weights: Float32Array
}

/** Where a region lies in the upright image: 1 inside. */
export type SourceRegion = { width: number; height: number; mask: Uint8Array }

/** A region as preprocessing places the image: [S,S] of 0 and 255. */
export function placedRegion(
  { width, height, mask }: SourceRegion,
  { crop, placed }: Geometry,
  size: number,
): Uint8Array {
  const out = new Uint8Array(size * size)
  for (let v = Math.max(0, placed.y); v < Math.min(size, placed.y + placed.height); v++) {
    const y = Math.floor(crop.y + ((v + 0.5 - placed.y) * crop.height) / placed.height)
    for (let u = Math.max(0, placed.x); u < Math.min(size, placed.x + placed.width); u++) {
      const x = Math.floor(crop.x + ((u + 0.5 - placed.x) * crop.width) / placed.width)
      if (x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x]) out[v * size + u] = 255
    }
  }
  return out
}

/**
 * The region on the map's grid: share of the 2·stride square around each cell's centre.
 * @param out [B,h,w]; row `b` is overwritten, with 0 where there is no region
 */
export function sampleRegion(
  region: Uint8Array | undefined,
  size: number,
  { cells, stride, offset }: MapGrid,
  b: number,
  out: Float32Array,
): void {
  const at = b * cells * cells
  if (!region) {
    out.fill(0, at, at + cells * cells)
    return
  }
  for (let i = 0; i < cells; i++) {
    const y0 = Math.max(0, Math.round(offset + stride * (i - 1)))
    const y1 = Math.min(size, Math.round(offset + stride * (i + 1)))
    for (let j = 0; j < cells; j++) {
      const x0 = Math.max(0, Math.round(offset + stride * (j - 1)))
      const x1 = Math.min(size, Math.round(offset + stride * (j + 1)))
      let sum = 0
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += region[y * size + x]!
      out[at + i * cells + j] = sum / (255 * (y1 - y0) * (x1 - x0))
    }
  }
}
