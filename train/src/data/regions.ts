import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { type Row, readCsv, required } from './csv.ts'
import type { Box } from './record.ts'

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
