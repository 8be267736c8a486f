import { AreaReducer } from './area-reducer.ts'
import type { Rect } from './preprocessed.ts'
import type { WorkingImage } from './working-image.ts'

/** Where a width × height image lies in a size × size square: aspect kept, centred, at least one pixel a side. */
export function placement(width: number, height: number, size: number): Rect {
  const scale = size / Math.max(width, height)
  const placedWidth = Math.max(1, Math.round(width * scale))
  const placedHeight = Math.max(1, Math.round(height * scale))
  return {
    x: Math.floor((size - placedWidth) / 2),
    y: Math.floor((size - placedHeight) / 2),
    width: placedWidth,
    height: placedHeight,
  }
}

/** Step `fit`: the crop, resampled to width × height. Area average along an axis that shrinks, linear along one that grows. */
export function resample(image: WorkingImage, crop: Rect, width: number, height: number): Float64Array {
  const reduced = { width: Math.min(width, crop.width), height: Math.min(height, crop.height) }
  const reducer = new AreaReducer(crop, reduced)
  for (let y = 0; y < crop.height; y++) reducer.push(image.data, (crop.y + y) * image.width + crop.x)
  return enlarge(reducer.out, reduced, width, height)
}

/** Linear interpolation between pixel centres (half-pixel convention), edges clamped. */
function enlarge(
  data: Float64Array,
  source: { width: number; height: number },
  width: number,
  height: number,
): Float64Array {
  if (source.width === width && source.height === height) return data
  const out = new Float64Array(width * height)
  for (let y = 0; y < height; y++) {
    const [top, bottom, fy] = neighbours(y, source.height / height, source.height)
    for (let x = 0; x < width; x++) {
      const [left, right, fx] = neighbours(x, source.width / width, source.width)
      const a = data[top * source.width + left]!
      const b = data[top * source.width + right]!
      const c = data[bottom * source.width + left]!
      const d = data[bottom * source.width + right]!
      const upper = a + (b - a) * fx
      out[y * width + x] = upper + (c + (d - c) * fx - upper) * fy
    }
  }
  return out
}

function neighbours(index: number, scale: number, length: number): [number, number, number] {
  const position = Math.min(length - 1, Math.max(0, (index + 0.5) * scale - 0.5))
  const low = Math.floor(position)
  return [low, Math.min(length - 1, low + 1), position - low]
}
