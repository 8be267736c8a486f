import { resample } from '../preprocess/fit.ts'
import { insideFrame } from '../preprocess/frame.ts'
import type { Rect } from '../preprocess/preprocessed.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'
import type { WorkingImage } from '../preprocess/working-image.ts'

const DETAIL_SIDE = 128

export type Exposure = {
  /**
   * Levels between the 2nd and 98th percentile inside the frame, as a share of the range: of all that 8 bits hold; of the levels used where
   * there are more bits, for such a file need not use them all, but of 256 at least.
   */
  readonly contrast: number
  /** Share of the middle half of each side within 1 % of its darkest and of its brightest level. */
  readonly clipped: { readonly dark: number; readonly bright: number }
  /** Longer ÷ shorter side inside the frame. */
  readonly aspect: number
  /** Mean absolute Laplacian ÷ standard deviation on a 128 × 128 raster: low for gradients, high for print and noise. */
  readonly detail: number
}

/**
 * What the grey levels of the part inside the frame say of the exposure.
 * @param bits of a sample of the source
 */
export function exposure(working: WorkingImage, spec: PreprocessSpec, bits: number): Exposure {
  const inside = insideFrame(working, spec.frame)
  const { low, high, from, to } = spread(working, inside)
  const margin = (high - low) * 0.01
  const centre = {
    x: inside.x + Math.floor(inside.width / 4),
    y: inside.y + Math.floor(inside.height / 4),
    width: Math.max(1, Math.floor(inside.width / 2)),
    height: Math.max(1, Math.floor(inside.height / 2)),
  }
  return {
    contrast: (to - from) / (bits > 8 ? Math.max(high - low, (255 * 65535) / (2 ** bits - 1)) : 65535),
    clipped: {
      dark: share(working, centre, 0, low + margin),
      bright: share(working, centre, high - margin, 65535),
    },
    aspect: Math.max(inside.width / inside.height, inside.height / inside.width),
    detail: detail(resample(working, inside, DETAIL_SIDE, DETAIL_SIDE), DETAIL_SIDE),
  }
}

/** Lowest and highest level of a region, and its 2nd and 98th percentile. */
function spread(image: WorkingImage, region: Rect) {
  const { data } = image
  const counts = new Uint32Array(65536)
  for (let y = region.y; y < region.y + region.height; y++) {
    const end = y * image.width + region.x + region.width
    for (let p = y * image.width + region.x; p < end; p++) {
      const value = data[p]!
      counts[value] = counts[value]! + 1
    }
  }
  const total = region.width * region.height
  const at = (rank: number) => {
    let value = 0
    for (let below = counts[0]!; below <= rank && value < 65535; ) below += counts[++value]!
    return value
  }
  return {
    low: at(0),
    from: at(Math.round((total - 1) * 0.02)),
    to: at(Math.round((total - 1) * 0.98)),
    high: at(total - 1),
  }
}

/** Share of a region's pixels with levels from `least` to `most`. */
function share(image: WorkingImage, region: Rect, least: number, most: number): number {
  const { data } = image
  let count = 0
  for (let y = region.y; y < region.y + region.height; y++) {
    const end = y * image.width + region.x + region.width
    for (let p = y * image.width + region.x; p < end; p++) {
      if (data[p]! >= least && data[p]! <= most) count++
    }
  }
  return count / (region.width * region.height)
}

function detail(values: Float64Array, side: number): number {
  // Loops: a callback is given each value in an object of its own.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  const mean = sum / values.length
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) * (values[i]! - mean)
  const variance = squares / values.length
  let total = 0
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = y * side + x
      const around = values[i - 1]! + values[i + 1]! + values[i - side]! + values[i + side]!
      total += Math.abs(4 * values[i]! - around)
    }
  }
  return total / ((side - 2) * (side - 2)) / Math.max(1, Math.sqrt(variance))
}
