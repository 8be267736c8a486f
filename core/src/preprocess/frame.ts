import type { Rect } from './preprocessed.ts'
import type { PreprocessSpec } from './spec.ts'
import type { WorkingImage } from './working-image.ts'

/** The gate looks at the same image as the network does: what was measured of it last is kept with it. */
const measured = new WeakMap<WorkingImage, { frame: PreprocessSpec['frame']; inside: Rect }>()

/** Step `frame`: the part of the image inside uniform black or white border lines. */
export function insideFrame(image: WorkingImage, frame: PreprocessSpec['frame']): Rect {
  const known = measured.get(image)
  if (known?.frame === frame) return known.inside
  const inside = measure(image, frame)
  measured.set(image, { frame, inside })
  return inside
}

function measure(image: WorkingImage, frame: PreprocessSpec['frame']): Rect {
  const limits = {
    x: Math.floor(image.width * frame.maxFraction),
    y: Math.floor(image.height * frame.maxFraction),
  }
  let { low, high } = extremes(image)
  const tolerance = (high - low) * frame.tolerance
  low += tolerance
  high -= tolerance
  const edge = { left: 0, top: 0, right: image.width, bottom: image.height }
  const blank = (start: number, step: number, count: number) =>
    isBlank(image.data, start, step, count, low, high, frame.markerShare)
  const row = (y: number) => blank(y * image.width + edge.left, 1, edge.right - edge.left)
  const column = (x: number) => blank(edge.top * image.width + x, image.width, edge.bottom - edge.top)
  // Twice: once the side bars are gone, the rows between them may prove uniform, and the other way round.
  for (let round = 0; round < 2; round++) {
    while (edge.top < limits.y && row(edge.top)) edge.top++
    while (image.height - edge.bottom < limits.y && row(edge.bottom - 1)) edge.bottom--
    while (edge.left < limits.x && column(edge.left)) edge.left++
    while (image.width - edge.right < limits.x && column(edge.right - 1)) edge.right--
  }
  // The line where a frame ends is a mixture of frame and image.
  if (edge.top > 0 && edge.bottom - edge.top > 1) edge.top++
  if (edge.left > 0 && edge.right - edge.left > 1) edge.left++
  if (edge.bottom < image.height && edge.bottom - edge.top > 1) edge.bottom--
  if (edge.right < image.width && edge.right - edge.left > 1) edge.right--
  return { x: edge.left, y: edge.top, width: edge.right - edge.left, height: edge.bottom - edge.top }
}

function extremes({ data }: WorkingImage): { low: number; high: number } {
  let low = 65535
  let high = 0
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    if (value < low) low = value
    if (value > high) high = value
  }
  return { low, high }
}

/** Whether all pixels of a line but a share (a marker, lettering) are black, or all but that share are white. */
function isBlank(
  data: Uint16Array,
  start: number,
  step: number,
  count: number,
  low: number,
  high: number,
  except: number,
): boolean {
  let black = 0
  let white = 0
  for (let i = 0, p = start; i < count; i++, p += step) {
    if (data[p]! <= low) black++
    else if (data[p]! >= high) white++
  }
  return Math.max(black, white) >= count * (1 - except)
}
