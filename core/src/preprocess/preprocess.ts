import type { GrayImage } from '../image/gray-image.ts'
import { placement, type Rect, resample } from './fit.ts'
import { insideFrame } from './frame.ts'
import { reduce, type WorkingImage } from './reduce.ts'
import type { PreprocessSpec } from './spec.ts'
import { applyWindow, measureWindow, type Window } from './window.ts'

export type Geometry = {
  /** The part of the source that the tensor shows, in source pixels; fractions where the source was reduced. */
  readonly crop: Rect
  /** Where that part lies in the tensor, in tensor pixels; outside is padding. */
  readonly placed: Rect
}

export type Preprocessed = {
  /** [1,1,S,S], row-major. */
  readonly tensor: Uint8Array<ArrayBuffer>
  readonly geometry: Geometry
  /** In the source's own grey levels, with fractions. */
  readonly window: Window
}

/**
 * The one way from pixels to the model: GrayImage → UINT8 [1,1,S,S], by the steps that `spec.ts` names.
 * Only + − × ÷, floor, round, min and max of float64 in a fixed order: bit-identical in every JavaScript runtime.
 */
export function preprocess(image: GrayImage, spec: PreprocessSpec): Preprocessed {
  return fromWorking(reduce(image, spec.workingSize), image, spec)
}

/** The steps after the reduction, for decoders that reduce while they decode. */
export function fromWorking(
  working: WorkingImage,
  source: Pick<GrayImage, 'width' | 'height' | 'bits'>,
  spec: PreprocessSpec,
): Preprocessed {
  const inside = insideFrame(working, spec.frame)
  const placed = placement(inside.width, inside.height, spec.size)
  const values = resample(working, inside, placed.width, placed.height)
  const window = measureWindow(working, inside, spec.window)
  const tensor = new Uint8Array(spec.size * spec.size).fill(spec.padLevel)
  for (let y = 0; y < placed.height; y++) {
    const to = (placed.y + y) * spec.size + placed.x
    for (let x = 0; x < placed.width; x++) {
      tensor[to + x] = applyWindow(values[y * placed.width + x]!, window, spec.window.levels)
    }
  }
  const scaleX = source.width / working.width
  const scaleY = source.height / working.height
  const crop = {
    x: inside.x * scaleX,
    y: inside.y * scaleY,
    width: inside.width * scaleX,
    height: inside.height * scaleY,
  }
  const unit = (2 ** source.bits - 1) / 65535
  const inSource = { low: window.low * unit, middle: window.middle * unit, high: window.high * unit }
  return { tensor, geometry: { crop, placed }, window: inSource }
}
