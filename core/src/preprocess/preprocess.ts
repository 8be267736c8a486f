import type { GrayImage } from '../image/gray-image.ts'
import { placement, resample } from './fit.ts'
import { insideFrame } from './frame.ts'
import type { Preprocessed, Seen } from './preprocessed.ts'
import type { PreprocessSpec } from './spec.ts'
import { applyWindow, measureWindow } from './window.ts'
import type { WorkingImage } from './working-image.ts'

/**
 * The upright working image → UINT8 [1,1,S,S]: the steps `frame`, `fit` and `window` that `spec.ts` names. `takeIn` (`intake/intake.ts`)
 * does the steps before.
 * Only + − × ÷, floor, round, min and max of float64 in a fixed order: bit-identical in every JavaScript runtime.
 * @returns geometry and window of the working image; `seenIn` says them of another size of it
 */
export function preprocess(working: WorkingImage, spec: PreprocessSpec): Preprocessed {
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
  return { tensor, geometry: { crop: inside, placed }, window }
}

/** What was seen of the working image, in the pixels and grey levels of the same image at another size and depth. */
export function seenIn(
  { width, height, bits }: Omit<GrayImage, 'data'>,
  { geometry, window }: Seen,
  working: WorkingImage,
): Seen {
  const scaleX = width / working.width
  const scaleY = height / working.height
  const { crop, placed } = geometry
  const unit = (2 ** bits - 1) / 65535
  return {
    geometry: {
      crop: {
        x: crop.x * scaleX,
        y: crop.y * scaleY,
        width: crop.width * scaleX,
        height: crop.height * scaleY,
      },
      placed,
    },
    window: { low: window.low * unit, middle: window.middle * unit, high: window.high * unit },
  }
}
