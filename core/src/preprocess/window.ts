import type { Rect, Window } from './preprocessed.ts'
import type { PreprocessSpec } from './spec.ts'
import type { WorkingImage } from './working-image.ts'

type Measured = { crop: Rect; spec: PreprocessSpec['window']; window: Window }
/** The gate looks at the same image as the network does: what was measured of it last is kept with it. */
const measured = new WeakMap<WorkingImage, Measured>()

/** Step `window`, measured: percentiles of the central region, without pixels at the region's black or white end. */
export function measureWindow(image: WorkingImage, crop: Rect, spec: PreprocessSpec['window']): Window {
  const known = measured.get(image)
  if (known?.crop === crop && known.spec === spec) return known.window
  const window = measure(image, crop, spec)
  measured.set(image, { crop, spec, window })
  return window
}

function measure(image: WorkingImage, crop: Rect, spec: PreprocessSpec['window']): Window {
  const marginX = Math.floor((crop.width * (1 - spec.region)) / 2)
  const marginY = Math.floor((crop.height * (1 - spec.region)) / 2)
  const { data } = image
  const counts = new Uint32Array(65536)
  for (let y = crop.y + marginY; y < crop.y + crop.height - marginY; y++) {
    const end = y * image.width + crop.x + crop.width - marginX
    for (let p = y * image.width + crop.x + marginX; p < end; p++) {
      const value = data[p]!
      counts[value] = counts[value]! + 1
    }
  }
  dropEnds(counts, spec.ends)
  let total = 0
  for (let value = 0; value < counts.length; value++) total += counts[value]!
  const at = (percent: number) => valueAtRank(counts, Math.round(((total - 1) * percent) / 100))
  const [p0, p1, p2] = spec.percentiles
  const low = at(p0)
  const high = Math.max(low + 1, at(p2))
  const [least, most] = spec.middleRange
  const share = Math.min(most, Math.max(least, (at(p1) - low) / (high - low)))
  return { low, middle: low + (high - low) * share, high }
}

/** Uncounts the levels at both ends of the spread, unless nothing would be left. */
function dropEnds(counts: Uint32Array, share: number): void {
  let lowest = 0
  let highest = 65535
  while (counts[lowest] === 0) lowest++
  while (counts[highest] === 0) highest--
  const margin = (highest - lowest) * share
  const from = Math.floor(lowest + margin) + 1
  const to = Math.ceil(highest - margin)
  if (!counts.subarray(from, to).some((count) => count > 0)) return
  counts.fill(0, 0, from)
  counts.fill(0, to)
}

/** The value at a rank, from 0, of the counted values in ascending order. */
function valueAtRank(counts: Uint32Array, rank: number): number {
  let value = 0
  for (let below = counts[0]!; below <= rank && value < 65535; ) below += counts[++value]!
  return value
}

/** Step `window`, applied: piecewise linear through the three anchors, rounded, clamped to 0 … 255. */
export function applyWindow(
  value: number,
  window: Window,
  levels: PreprocessSpec['window']['levels'],
): number {
  const lower = value < window.middle
  const from = lower ? window.low : window.middle
  const to = lower ? window.middle : window.high
  const base = lower ? levels[0] : levels[1]
  const top = lower ? levels[1] : levels[2]
  const level = Math.round(base + ((value - from) * (top - base)) / (to - from))
  return Math.min(levels[2], Math.max(levels[0], level))
}
