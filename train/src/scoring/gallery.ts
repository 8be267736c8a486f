import { renderOverlay } from '@detl/core/cam/overlay'
import { encodePng } from '@detl/core/image/png-encode'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import type { PixelCache } from '../data/cache.ts'
import type { Box } from '../data/record.ts'
import { type Regions, uprightBoxes } from '../data/regions.ts'
import { INPUT_SCALE } from '../model/input.ts'
import { camGridOf } from '../model/trunk.ts'
import type { GalleryCase } from '../scores/files.ts'
import { calledText, type Scored, truthText } from '../scores/predictions.ts'
import { meanGradCam } from './gradcam.ts'

/** Draws one case: the map of the class that was said and, where that is wrong, that of the true one. */
export async function drawCase(
  image: Scored,
  models: readonly tfl.LayersModel[],
  cache: PixelCache,
  regions: Regions,
  ids: readonly string[],
): Promise<GalleryCase> {
  const { size } = cache
  const at = cache.files.indexOf(image.file)
  const pixels = cache.pixels.subarray(at * size ** 2, (at + 1) * size ** 2)
  const x = tf.tensor4d(
    Float32Array.from(pixels, (v) => v * INPUT_SCALE),
    [1, size, size, 1],
  )
  const { maps, width, height } = await meanGradCam(models, x)
  x.dispose()
  const fullHeat = maps.reduce((m, v) => Math.max(m, v), 0)
  const grid = camGridOf(models[0]!)
  const whole = { x: 0, y: 0, width: size, height: size }
  const seen = { geometry: { crop: whole, placed: whole }, window: { low: 0, middle: 128, high: 255 } }
  const mapOf = (label: number) => maps.subarray(label * width * height, (label + 1) * width * height)
  const peakOf = (label: number) => mapOf(label).reduce((m, v) => Math.max(m, v), 0)
  const draw = async (label: number, grey: ArrayLike<number>, opacity: number) => {
    const background = { width: size, height: size, bits: 8, data: Uint16Array.from(grey) }
    const options = { maxSide: size, opacity, fullHeat: peakOf(label) }
    const map = { width, height, data: mapOf(label) }
    return dataUri({ ...renderOverlay(background, seen, map, grid, options), channels: 3 })
  }
  const shown = [image.called, image.truths].flatMap((of) => [...of.keys()].filter((c) => of[c] === 1))
  const views = [...new Set(shown)].map(async (label) => ({
    label: ids[label]!,
    share: fullHeat > 0 ? peakOf(label) / fullHeat : 0,
    map: await draw(label, new Uint8Array(size ** 2), 1),
    overlay: await draw(label, pixels, 0.6),
  }))
  return {
    id: image.record.sha256.slice(0, 8),
    dataset: image.record.dataset,
    fold: image.fold,
    truth: truthText(image, ids),
    predicted: calledText(image, ids),
    probabilities: image.probabilities,
    xray: await dataUri({ width: size, height: size, channels: 1, data: pixels }),
    views: await Promise.all(views),
    boxes: uprightBoxes(regions.boxes.get(image.file) ?? [], cache.image[at]!).map((b) =>
      inTensor(b, cache, at),
    ),
  }
}

function inTensor(box: Box, { geometry, size }: PixelCache, at: number): Box {
  const { crop, placed } = geometry[at]!
  const [sx, sy] = [placed.width / crop.width, placed.height / crop.height]
  return {
    x: (placed.x + (box.x - crop.x) * sx) / size,
    y: (placed.y + (box.y - crop.y) * sy) / size,
    width: (box.width * sx) / size,
    height: (box.height * sy) / size,
  }
}

const dataUri = async (image: Parameters<typeof encodePng>[0]): Promise<string> =>
  `data:image/png;base64,${Buffer.from(await encodePng(image)).toString('base64')}`
