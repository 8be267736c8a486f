import type { Lung, LungFault, LungRemark, Lungs } from './lung.ts'
import type { Regions } from './regions.ts'

/** A rectangle: where the picture lies in a tensor, in its pixels or as shares of its sides. */
type Place = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

type Size = { readonly width: number; readonly height: number }

/** A lung covers at least and at most this share of the picture. */
const AREA = [0.03, 0.45] as const
/** Of the larger lung's area, the smaller one's. */
const EVEN = 0.2
/** Mean share over the cells that are mostly lung: below, the network is not sure of what it outlines. */
const SURE = 0.75
/** Of a lung's height or width, how much may lie along one edge of the picture. */
const ALONG_EDGE = 0.5
/** Of the shorter lung's height, how much lies beside the other lung. */
const BESIDE = 0.5
/** A lung that is cut off has at least so much of the other one's area left, where the other one is whole. */
const LEFT_OF_CUT = 0.7
/** Degrees from the horizontal, of the line between the lungs' middles; on 431 upright films of one collection it was 12.5 at most. */
const TILTED = 15

/**
 * The two lungs that a network outlined, or why there are none to speak of.
 * @param picture where the picture lies in the tensor, as shares of its sides: the rest is padding
 * @example const lungs = findLungs(regions, pictureIn(geometry, 128))
 */
export function findLungs(regions: Regions, picture: Place): Lungs | LungFault {
  const { width, height } = regions
  const lungs = outlinedLungs(regions)
  if (!lungs) return 'lungs-not-found'
  const cells = picture.width * width * picture.height * height
  for (const { area, sure } of [lungs.right, lungs.left])
    if (area < AREA[0] * cells || area > AREA[1] * cells || sure < SURE) return 'lungs-not-found'
  if (!liesAsLungs(lungs)) return 'lungs-implausible'
  const cut = cutOff(lungs, picture, width, height)
  return cut.length > 0 && !isMostlySeen(cut, lungs, picture, regions) ? 'lungs-cut-off' : lungs
}

/** Whether one lung alone is cut off, and only by a small part, as the other one tells. */
function isMostlySeen(
  cut: readonly Lung[],
  { right, left }: Lungs,
  picture: Place,
  { width, height }: Size,
): boolean {
  if (cut.length > 1) return false
  const [a, b] = [areaIn(picture, right.share, width, height), areaIn(picture, left.share, width, height)]
  return Math.min(a, b) >= LEFT_OF_CUT * Math.max(a, b)
}

/**
 * What is to be known of lungs that were found: a small part of one lies outside the picture, or both lie tilted.
 * @param picture as `findLungs` had it @param grid of the lungs
 * @example lungRemarks(lungs, pictureIn(geometry, 128), regions) // ['lungs-cut-off']
 */
export function lungRemarks(lungs: Lungs, picture: Place, { width, height }: Size): LungRemark[] {
  const middle = ({ left, right, top, bottom }: Lung) => [
    (left + right) / 2 / width,
    (top + bottom) / 2 / height,
  ]
  const [[x0, y0], [x1, y1]] = [middle(lungs.right), middle(lungs.left)] as [number[], number[]]
  const tilted = Math.abs(y1! - y0!) > Math.tan((TILTED * Math.PI) / 180) * Math.abs(x1! - x0!)
  return [
    ...(cutOff(lungs, picture, width, height).length > 0 ? (['lungs-cut-off'] as const) : []),
    ...(tilted ? (['lungs-tilted'] as const) : []),
  ]
}

const cutOff = ({ right, left }: Lungs, picture: Place, width: number, height: number): Lung[] =>
  [right, left].filter((lung) => isCutOff(lung, picture, width, height))

function areaIn({ x, y, width: w, height: h }: Place, share: Float32Array, width: number, height: number) {
  const inside = (at: number, from: number, length: number, cells: number) =>
    (at + 0.5) / cells >= from && (at + 0.5) / cells <= from + length
  let area = 0
  for (const [at, value] of share.entries())
    if (inside(at % width, x, w, width) && inside(Math.floor(at / width), y, h, height)) area += value
  return area
}

/** The largest part of either plane, plausible or not; undefined where one of them has none. */
export function outlinedLungs({
  pictureLeft,
  pictureRight,
  width,
  height,
}: Omit<Regions, 'opacity'>): Lungs | undefined {
  const right = lungOf(pictureLeft, width, height)
  const left = lungOf(pictureRight, width, height)
  return right && left && { right, left }
}

/** Where a geometry's picture lies in a tensor of `size` × `size`, as shares of its sides. */
export const pictureIn = ({ placed }: { readonly placed: Place }, size: number): Place => ({
  x: placed.x / size,
  y: placed.y / size,
  width: placed.width / size,
  height: placed.height / size,
})

function liesAsLungs({ right, left }: Lungs): boolean {
  const [small, large] = right.area < left.area ? [right, left] : [left, right]
  const beside = Math.min(right.bottom, left.bottom) - Math.max(right.top, left.top)
  const shorter = Math.min(right.bottom - right.top, left.bottom - left.top)
  const apart = (left.left + left.right) / 2 > Math.max((right.left + right.right) / 2, right.left)
  return apart && small.area >= EVEN * large.area && beside >= BESIDE * shorter
}

/** Whether much of a lung ends at an edge of the picture: it goes on outside. */
function isCutOff(
  { share, top, bottom, left, right }: Lung,
  picture: Place,
  width: number,
  height: number,
): boolean {
  const columns = [Math.round(picture.x * width), Math.round((picture.x + picture.width) * width) - 1]
  const rows = [Math.round(picture.y * height), Math.round((picture.y + picture.height) * height) - 1]
  const alongColumn = (x: number) => sum(height, (y) => (share[y * width + x]! > 0.5 ? 1 : 0))
  const alongRow = (y: number) => sum(width, (x) => (share[y * width + x]! > 0.5 ? 1 : 0))
  return (
    columns.some((x) => alongColumn(x) > ALONG_EDGE * (bottom - top)) ||
    rows.some((y) => alongRow(y) > ALONG_EDGE * (right - left))
  )
}

const sum = (count: number, of: (i: number) => number): number => {
  let total = 0
  for (let i = 0; i < count; i++) total += of(i)
  return total
}

/** The largest connected part of a plane, with the cells around it that are lung in part. */
function lungOf(plane: Float32Array, width: number, height: number): Lung | undefined {
  const inside = largestPart(plane, width)
  if (inside.length === 0) return undefined
  const share = new Float32Array(plane.length)
  let certain = 0
  for (const at of inside) {
    certain += plane[at]!
    const x = at % width
    for (let dy = -width; dy <= width; dy += width)
      for (let dx = x === 0 ? 0 : -1; dx <= (x === width - 1 ? 0 : 1); dx++) {
        const next = at + dy + dx
        if (next >= 0 && next < plane.length) share[next] = plane[next]!
      }
  }
  const rows = new Float64Array(height)
  const columns = new Float64Array(width)
  let area = 0
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = share[y * width + x]!
      rows[y]! += value
      columns[x]! += value
      area += value
    }
  const [top, bottom] = span(rows, area)
  const [left, right] = span(columns, area)
  return { share, area, top, bottom, left, right, sure: certain / inside.length }
}

/** Where the first and the last hundredth of a sum end, in fractions of bins. */
function span(bins: Float64Array, total: number): [number, number] {
  const at = (share: number): number => {
    let before = 0
    for (const [i, value] of bins.entries()) {
      if (value > 0 && before + value >= share * total) return i + (share * total - before) / value
      before += value
    }
    return bins.length
  }
  return [at(0.01), at(0.99)]
}

/** Cells above one half that hang together over their sides: the largest such set. */
function largestPart(plane: Float32Array, width: number): number[] {
  const seen = new Uint8Array(plane.length)
  let largest: number[] = []
  for (let start = 0; start < plane.length; start++) {
    if (seen[start] || plane[start]! < 0.5) continue
    const part = [start]
    seen[start] = 1
    const join = (at: number) => {
      if (seen[at] || plane[at]! < 0.5) return
      seen[at] = 1
      part.push(at)
    }
    for (let i = 0; i < part.length; i++) {
      const at = part[i]!
      const x = at % width
      if (x > 0) join(at - 1)
      if (x < width - 1) join(at + 1)
      if (at >= width) join(at - width)
      if (at < plane.length - width) join(at + width)
    }
    if (part.length > largest.length) largest = part
  }
  return largest
}
