import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { upright, uprightSize } from '@detl/core/gate/orientation'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { type Row, readCsv, required } from './csv.ts'
import type { Box, UprightImage } from './record.ts'
import { readRegular } from './regular-file.ts'

/**
 * Reference regions of a data folder, by image file, in the pixels of the file as a viewer shows it (EXIF's orientation followed). Absent
 * files give empty maps.
 */
export type Regions = {
  /** Radiologists' boxes. */
  boxes: Map<string, Box[]>
  lesions: Map<string, string>
  lungs: Map<string, string>
  /** Boxes around each lung, where there is no outline. */
  lungBoxes: Map<string, Box[]>
  /** Who drew the outlines of an image, and under which licence, as masks.csv says: of its lungs, and of its lesions. */
  drawnBy: { of: 'lungs' | 'lesions'; source: string; licence: string }[]
}

export function readRegions(root: string): Regions {
  const regions: Regions = {
    boxes: new Map(),
    lesions: new Map(),
    lungs: new Map(),
    lungBoxes: new Map(),
    drawnBy: [],
  }
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
    const of = required(row, 'kind', 'masks.csv', i).startsWith('lung') ? 'lungs' : 'lesions'
    regions.drawnBy.push({
      of,
      source: row.source?.trim() || 'not stated',
      licence: row.license?.trim() || 'not stated',
    })
    regions[of].set(required(row, 'file', 'masks.csv', i), join(root, required(row, 'mask', 'masks.csv', i)))
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

/** Boxes in a file's pixels → in those of the upright image: turned back with it where it lay turned. */
export function uprightBoxes(boxes: readonly Box[], image: UprightImage): readonly Box[] {
  const { lay } = image
  if (lay === 'upright' || lay === 'inverted') return boxes
  const { width: w, height: h } = uprightSize(image, lay) // of the file
  return boxes.map(({ x, y, width, height }) => {
    if (lay === 'rotated-180') return { x: w - x - width, y: h - y - height, width, height }
    const turned = { width: height, height: width }
    return lay === 'rotated-90'
      ? { x: y, y: w - x - width, ...turned }
      : { x: h - y - height, y: x, ...turned }
  })
}

/** A mask file of the same size as its image's, as 0 and 1, upright: [image.height, image.width]. */
export async function readMask(path: string, image: UprightImage): Promise<Uint8Array> {
  const { image: mask } = await decodeImage(await readRegular(path), { limits: DEFAULT_LIMITS, codecs })
  const { width, height } = uprightSize(image, image.lay)
  if (mask.width !== width || mask.height !== height) {
    throw new Error(`${path} is ${mask.width} × ${mask.height}, its image ${width} × ${height}`)
  }
  const { data } = image.lay === 'inverted' ? mask : upright(mask, image.lay)
  return Uint8Array.from(data, (v) => (v > 0 ? 1 : 0))
}
