import type { Geometry } from '../preprocess/preprocessed.ts'

/** A class activation map: `data` [height, width], raw scale, ≥ 0. */
export type ActivationMap = {
  readonly width: number
  readonly height: number
  readonly data: ArrayLike<number>
}

/** Largest value of a map, 0 for a map without evidence. */
export const mapMaximum = (map: ActivationMap): number => {
  let max = 0
  for (let i = 0; i < map.data.length; i++) if (map.data[i]! > max) max = map.data[i]!
  return max
}

/** Where a map's cells look, in tensor pixels (`cam` in the model's manifest). */
export type CamGrid = { readonly stride: number; readonly offset: number }

/** A rectangle in source pixels that an output raster shows. */
export type Raster = { readonly width: number; readonly height: number }

/**
 * The map on a raster that shows the whole source image, by bilinear interpolation between the centres of the cells' receptive
 * fields (half-pixel convention, clamped at the outermost centres). Outside the part of the image that the
 * network saw (a frame that was cut off) the result is 0.
 *
 * @param source size of the source image in pixels
 * @returns [raster.height, raster.width], in the map's own scale
 */
export function resizeMap(
  map: ActivationMap,
  grid: CamGrid,
  geometry: Geometry,
  source: Raster,
  raster: Raster,
): Float32Array {
  const { crop, placed } = geometry
  const out = new Float32Array(raster.width * raster.height)
  const columns = axis(
    raster.width,
    source.width,
    crop.x,
    crop.width,
    placed.x,
    placed.width,
    grid,
    map.width,
  )
  const rows = axis(
    raster.height,
    source.height,
    crop.y,
    crop.height,
    placed.y,
    placed.height,
    grid,
    map.height,
  )
  for (let y = 0; y < raster.height; y++) {
    const row = rows[y]!
    if (row.cell < 0) continue
    const top = row.cell * map.width
    const bottom = Math.min(row.cell + 1, map.height - 1) * map.width
    for (let x = 0; x < raster.width; x++) {
      const { cell, fraction } = columns[x]!
      if (cell < 0) continue
      const next = Math.min(cell + 1, map.width - 1)
      const upper = map.data[top + cell]! * (1 - fraction) + map.data[top + next]! * fraction
      const lower = map.data[bottom + cell]! * (1 - fraction) + map.data[bottom + next]! * fraction
      out[y * raster.width + x] = upper * (1 - row.fraction) + lower * row.fraction
    }
  }
  return out
}

/** For each raster pixel along one axis: the cell at or before it and the way to the next; cell −1 = not seen. */
function axis(
  rasterLength: number,
  sourceLength: number,
  cropStart: number,
  cropLength: number,
  placedStart: number,
  placedLength: number,
  { stride, offset }: CamGrid,
  cells: number,
) {
  return Array.from({ length: rasterLength }, (_, i) => {
    const inSource = ((i + 0.5) * sourceLength) / rasterLength
    const inCrop = (inSource - cropStart) / cropLength
    if (inCrop < 0 || inCrop > 1) return { cell: -1, fraction: 0 }
    const inTensor = placedStart + inCrop * placedLength
    const position = Math.min(cells - 1, Math.max(0, (inTensor - offset) / stride))
    const cell = Math.floor(position)
    return { cell, fraction: position - cell }
  })
}
