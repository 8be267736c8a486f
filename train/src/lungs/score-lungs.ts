import { findLungs, outlinedLungs, pictureIn } from '@detl/core/lungs/find-lungs'
import type { Lungs } from '@detl/core/lungs/lung'
import { type Regions, regionsOf } from '@detl/core/lungs/regions'
import { type Extents, extentsOf } from '@detl/core/lungs/severity'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { INPUT_SCALE } from '../model/input.ts'
import { dice } from './dice.ts'
import type { LungImage } from './lung-image.ts'
import type { LungScore } from './lung-score.ts'
import { LUNG_SIZE } from './net.ts'
import { outlineLimits } from './outline-limits.ts'
import { doubled, halved } from './planes.ts'

const CELLS = LUNG_SIZE / 2
const BATCH = 16

/** The network's planes for each image, as they are served. */
export async function predictRegions(
  model: tfl.LayersModel,
  images: readonly LungImage[],
): Promise<Regions[]> {
  const out: Regions[] = []
  for (let start = 0; start < images.length; start += BATCH) {
    const batch = images.slice(start, start + BATCH)
    const planes = tf.tidy(() => {
      const bytes = new Float32Array(batch.length * LUNG_SIZE ** 2)
      for (const [b, { pixels }] of batch.entries())
        for (let i = 0; i < pixels.length; i++) bytes[b * pixels.length + i] = pixels[i]! * INPUT_SCALE
      const y = model.predict(tf.tensor4d(bytes, [batch.length, LUNG_SIZE, LUNG_SIZE, 1])) as tf.Tensor4D
      return tf.transpose(y, [0, 3, 1, 2])
    })
    const values = (await planes.data()) as Float32Array
    planes.dispose()
    const each = values.length / batch.length
    for (const b of batch.keys())
      out.push(regionsOf({ height: CELLS, width: CELLS }, values.slice(b * each, (b + 1) * each)))
  }
  return out
}

/** Compares what was said with what was drawn. */
export function scoreLungs(
  images: readonly LungImage[],
  said: readonly Regions[],
  fold: number,
): LungScore[] {
  return images.map((image, i) => {
    const regions = said[i]!
    const picture = pictureIn(image, LUNG_SIZE)
    const found = findLungs(regions, picture)
    const lungs = typeof found === 'string' ? undefined : found
    const each = <T>(of: (plane: Float32Array, drawn: Uint8Array) => T) =>
      image.lungs && {
        right: of(regions.pictureLeft, image.lungs.left),
        left: of(regions.pictureRight, image.lungs.right),
      }
    return {
      file: image.record.file,
      fold,
      kind: image.kind,
      dice: each((plane, drawn) => dice(doubled(plane, CELLS, CELLS), shares(drawn))),
      limits: each((plane, drawn) => outlineLimits(shares(drawn), doubled(plane, CELLS, CELLS), LUNG_SIZE)),
      fault: typeof found === 'string' ? found : undefined,
      said: lungs && extentsOf(lungs, regions.opacity, CELLS),
      drawn: drawnExtents(image, lungs),
    }
  })
}

const shares = (drawn: Uint8Array): Float32Array => Float32Array.from(drawn, (v) => v / 255)

/** Within the outlined lungs; where only the lesion was outlined, within those that were found. */
function drawnExtents(image: LungImage, found: Lungs | undefined): Extents | undefined {
  if (image.kind !== 'outlined' || !image.opacity) return undefined
  const drawn = image.lungs && lungsDrawn(image.lungs)
  const lungs = drawn ?? found
  return lungs && extentsOf(lungs, halved(image.opacity), CELLS)
}

function lungsDrawn({ left, right }: NonNullable<LungImage['lungs']>): Lungs | undefined {
  return outlinedLungs({
    width: CELLS,
    height: CELLS,
    pictureLeft: halved(left),
    pictureRight: halved(right),
  })
}
