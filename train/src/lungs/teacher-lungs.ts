import { join } from 'node:path'
import type { Regions } from '@detl/core/lungs/regions'
import type { PixelCache } from '../data/cache.ts'
import type { ImageRecord } from '../data/record.ts'
import { loadModel } from '../model/files.ts'
import type { LungImage } from './lung-image.ts'
import { LUNG_SIZE } from './net.ts'
import { mirrored } from './planes.ts'
import { predictRegions } from './score-lungs.ts'

/** Images that are in memory at a time. */
const CHUNK = 64

/**
 * Both lungs of each image as a network outlines them, the mean of the film and of its mirror image: [2,64,64] bytes.
 * @param run a folder of `train lungs`, whose `part` is asked
 */
export async function lungsBy(
  { run, part }: { run: string; part: string },
  records: readonly ImageRecord[],
  pixels: PixelCache,
): Promise<Map<string, Uint8Array>> {
  const model = await loadModel(join(run, part, 'best'))
  const out = new Map<string, Uint8Array>()
  for (let start = 0; start < records.length; start += CHUNK) {
    const images = records.slice(start, start + CHUNK).map((record, k): LungImage => {
      const at = (start + k) * LUNG_SIZE ** 2
      const { placed } = pixels.geometry[start + k]!
      const own = pixels.pixels.subarray(at, at + LUNG_SIZE ** 2)
      return { record, pixels: own, placed, lungs: undefined, opacity: undefined, kind: 'outlined' }
    })
    const turned = images.map((image) => ({ ...image, pixels: mirrored(image.pixels, LUNG_SIZE) }))
    const seen = await predictRegions(model, images)
    const seenTurned = await predictRegions(model, turned)
    for (const [k, { record }] of images.entries()) out.set(record.file, both(seen[k]!, seenTurned[k]!))
  }
  model.dispose()
  return out
}

function both(film: Regions, turned: Regions): Uint8Array {
  const mean = (plane: Float32Array, other: Float32Array) => {
    const back = mirrored(other, film.width)
    return Uint8Array.from(plane, (v, i) => Math.round((255 * (v + back[i]!)) / 2))
  }
  return Buffer.concat([
    mean(film.pictureLeft, turned.pictureRight),
    mean(film.pictureRight, turned.pictureLeft),
  ])
}
