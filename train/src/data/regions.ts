import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import type { Geometry } from '@detl/core/preprocess/preprocess'
import type { PixelCache } from './cache.ts'
import { type Row, readCsv, required } from './csv.ts'

export type Box = { x: number; y: number; width: number; height: number }

/** Reference regions of a data folder, by image file. Absent files give empty maps. */
export type Regions = {
  /** Radiologists' boxes, in pixels of the image file. */
  boxes: Map<string, Box[]>
  lesions: Map<string, string>
  lungs: Map<string, string>
  /** Boxes around each lung, where there is no outline. */
  lungBoxes: Map<string, Box[]>
}

export function readRegions(root: string): Regions {
  const regions: Regions = { boxes: new Map(), lesions: new Map(), lungs: new Map(), lungBoxes: new Map() }
  const rows = (name: string): Row[] => (existsSync(join(root, name)) ? readCsv(join(root, name)) : [])
  const addBoxes = (name: string, to: Map<string, Box[]>) => {
    for (const [i, row] of rows(name).entries()) {
      const file = required(row, 'file', name, i)
      const box = { x: Number(row.x), y: Number(row.y), width: Number(row.w), height: Number(row.h) }
      to.set(file, [...(to.get(file) ?? []), box])
    }
  }
  addBoxes('nih_boxes.csv', regions.boxes)
  addBoxes('covid_lung_boxes.csv', regions.lungBoxes)
  for (const [i, row] of rows('masks.csv').entries()) {
    const kind = required(row, 'kind', 'masks.csv', i).startsWith('lung') ? regions.lungs : regions.lesions
    kind.set(required(row, 'file', 'masks.csv', i), join(root, required(row, 'mask', 'masks.csv', i)))
  }
  return regions
}

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

/** The lungs say much less about where the evidence is than a box or a lesion's outline. */
const LUNGS_WEIGHT = 0.25

/** Where a region lies in the source image: 1 inside. */
export type SourceRegion = { width: number; height: number; mask: Uint8Array }

/** A source region as preprocessing places the image: [S,S] of 0 and 255. */
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

/**
 * Where the evidence of each image is known to lie: a radiologist's boxes, else a lesion's outline, else the lungs.
 * @param files in the order of the set
 */
export async function regionMasks(
  files: readonly string[],
  cache: PixelCache,
  regions: Regions,
  grid: MapGrid,
): Promise<RegionMasks> {
  const positions = new Map(cache.files.map((f, i) => [f, i]))
  const weights = new Float32Array(files.length)
  const masks = files.map(async (file, i) => {
    const at = positions.get(file)
    if (at === undefined) throw new Error(`${file} is not in the data`)
    const source = cache.source[at]!
    const boxes = regions.boxes.get(file)
    const lesion = regions.lesions.get(file)
    const lungs = regions.lungs.get(file)
    const lungBoxes = regions.lungBoxes.get(file)
    const place = (mask: Uint8Array, weight: number) => {
      weights[i] = weight
      return placedRegion({ ...source, mask }, cache.geometry[at]!, cache.size)
    }
    if (boxes) return place(maskOfBoxes(boxes, source), 1)
    if (lesion) return place(await readMask(lesion, source), 1)
    if (lungs) return place(await readMask(lungs, source), LUNGS_WEIGHT)
    return lungBoxes && place(maskOfBoxes(lungBoxes, source), LUNGS_WEIGHT)
  })
  return { grid, masks: await Promise.all(masks), weights }
}

/** 1 inside any of the boxes: [height, width]. */
export function maskOfBoxes(
  boxes: readonly Box[],
  { width, height }: { width: number; height: number },
): Uint8Array {
  const mask = new Uint8Array(width * height)
  for (const b of boxes) {
    for (let y = Math.max(0, Math.floor(b.y)); y < Math.min(height, b.y + b.height); y++) {
      mask.fill(
        1,
        y * width + Math.max(0, Math.floor(b.x)),
        y * width + Math.min(width, Math.ceil(b.x + b.width)),
      )
    }
  }
  return mask
}

/** A mask file of the same size as its image, as 0 and 1. */
export async function readMask(path: string, source: { width: number; height: number }): Promise<Uint8Array> {
  const { image } = await decodeImage(await readFile(path), { limits: DEFAULT_LIMITS, codecs })
  if (image.width !== source.width || image.height !== source.height) {
    throw new Error(
      `${path} is ${image.width} × ${image.height}, its image ${source.width} × ${source.height}`,
    )
  }
  return Uint8Array.from(image.data, (v) => (v > 0 ? 1 : 0))
}
