import type { GrayImage } from '../image/gray-image.ts'
import { ImageSink, InvertingSink, type RowSink } from '../image/row-sink.ts'
import { TurningSink } from '../image/turning-sink.ts'
import { type ChestModel, turnThumbnail, type Unlikeness, unlikeness } from './likeness.ts'

/** How an image lies before the gate, as far as its pixels tell. */
export type Reading = 'upright' | 'inverted' | 'rotated-90' | 'rotated-180' | 'rotated-270'

export type Readings = {
  readonly best: Reading
  readonly distances: Readonly<Record<Reading, Unlikeness>>
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
  const distances = {
    upright: unlikeness(thumb, model),
    inverted: unlikeness(
      thumb.map((value) => 255 - value),
      model,
    ),
    'rotated-90': unlikeness(turnThumbnail(half, side), model), // undone by another three quarters of a turn
    'rotated-180': unlikeness(half, model),
    'rotated-270': unlikeness(turned, model),
  }
  const readings = Object.keys(distances) as Reading[]
  const best = readings.reduce((a, b) => (total(distances[b]) < total(distances[a]) ? b : a))
  return { best, distances, advantage: total(distances.upright) / Math.max(total(distances[best]), 1e-9) }
}

/** A sink for the image as it was read, which passes it on as it is when the reading is undone; `finish` after the last row. */
export function undoing(reading: Reading, inner: RowSink): { sink: RowSink; finish: () => void } {
  if (reading === 'upright') return { sink: inner, finish: () => undefined }
  if (reading === 'inverted') return { sink: new InvertingSink(inner), finish: () => undefined }
  // EXIF orientations: 8 turns anticlockwise, 3 by half, 6 clockwise.
  const turning = new TurningSink({ 'rotated-90': 8, 'rotated-180': 3, 'rotated-270': 6 }[reading], inner)
  return { sink: turning, finish: () => turning.finish() }
}

/** The same for an image as a whole. */
export function undo(image: GrayImage, reading: Reading): GrayImage {
  const whole = new ImageSink()
  const { sink, finish } = undoing(reading, whole)
  sink.start(image)
  sink.push(image.data, 0, image.height)
  finish()
  return whole.image
}
