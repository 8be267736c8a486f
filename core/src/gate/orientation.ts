import { ImageSink } from '../image/row-sink.ts'
import { TurningSink } from '../image/turning-sink.ts'
import type { WorkingImage } from '../preprocess/working-image.ts'
import { type ChestModel, turnThumbnail, type Unlikeness, unlikeness } from './likeness.ts'
import type { Reading } from './reading.ts'

export type Readings = {
  readonly best: Reading
  readonly distances: Readonly<Record<Reading, Unlikeness>>
  /** The thumbnail as it is when the reading is undone. */
  readonly thumbs: Readonly<Record<Reading, Float64Array>>
  /** Distance of the upright reading ÷ that of the best one, ≥ 1. */
  readonly advantage: number
}

/**
 * Compares five readings of a thumbnail with the chest model. `rotated-90` means: turned by 90° clockwise.
 * @param total one number of an Unlikeness, in which both parts weigh alike
 */
export function readOrientation(
  thumb: Float64Array,
  model: ChestModel,
  total: (distance: Unlikeness) => number,
): Readings {
  const { side } = model
  const turned = turnThumbnail(thumb, side)
  const half = turnThumbnail(turned, side)
  const thumbs = {
    upright: thumb,
    inverted: thumb.map((value) => 255 - value),
    'rotated-90': turnThumbnail(half, side), // undone by another three quarters of a turn
    'rotated-180': half,
    'rotated-270': turned,
  }
  const distances = Object.fromEntries(
    Object.entries(thumbs).map(([reading, one]) => [reading, unlikeness(one, model)]),
  ) as Record<Reading, Unlikeness>
  const readings = Object.keys(distances) as Reading[]
  const best = readings.reduce((a, b) => (total(distances[b]) < total(distances[a]) ? b : a))
  return {
    best,
    distances,
    thumbs,
    advantage: total(distances.upright) / Math.max(total(distances[best]), 1e-9),
  }
}

/** EXIF orientations (TIFF tag 274) that turn back: 8 by 90° anticlockwise, 3 by half, 6 by 90° clockwise. */
const TURN_BACK = { 'rotated-90': 8, 'rotated-180': 3, 'rotated-270': 6 } as const

/** The image as it lies when the reading is undone: inverted or turned back. Its pixels are only exchanged: nothing is resampled. */
export function upright(image: WorkingImage, reading: Reading): WorkingImage {
  if (reading === 'upright') return image
  if (reading === 'inverted') return { ...image, data: image.data.map((level) => 65535 - level) }
  const whole = new ImageSink()
  const turning = new TurningSink(TURN_BACK[reading], whole)
  const { width, height, data } = image
  turning.start({ width, height, bits: 16 })
  turning.push(data, 0, height)
  turning.finish()
  return { width: whole.image.width, height: whole.image.height, data: whole.image.data }
}

/** A size, in pixels, of an image that is put upright: a quarter of a turn exchanges its sides. */
export function uprightSize<S extends { readonly width: number; readonly height: number }>(
  size: S,
  reading: Reading,
): S {
  const across = reading === 'rotated-90' || reading === 'rotated-270'
  return across ? { ...size, width: size.height, height: size.width } : size
}
