import type { Geometry } from '../preprocess/preprocessed.ts'
import type { Lung, Lungs } from './lung.ts'
import { ZONES, type Zone } from './zones.ts'

/** A point of an image in its pixels: x to the right, y down, from the image's upper left corner. */
export type Point = [x: number, y: number]
/** A closed line; the last point is joined with the first. */
export type Polygon = Point[]
/** What each zone covers. */
export type ZoneOutlines = Readonly<Record<Zone, Polygon>>
/** What each zone and each lung covers; right and left are the patient's. */
export type LungOutlines = ZoneOutlines & { readonly right: Polygon; readonly left: Polygon }

/** In cells: how far a line may leave the true one, to have few points. */
const TOLERANCE = 0.15

/**
 * The six zones and the two lungs as lines on the image that was screened, upright as it was scored: what `zonesOf` measures, for people to see.
 * @param grid of the lungs, over the whole tensor of `size` × `size`
 * @returns pixels of the image, to a tenth
 */
export function lungOutlines(
  { right, left }: Lungs,
  { width, height, size }: { readonly width: number; readonly height: number; readonly size: number },
  { crop, placed }: Geometry,
): LungOutlines {
  const toImage = ([x, y]: Point): Point => [
    tenth(crop.x + (((x * size) / width - placed.x) * crop.width) / placed.width),
    tenth(crop.y + (((y * size) / height - placed.y) * crop.height) / placed.height),
  ]
  const lungs = [right, left].map((lung) => ({ lung, line: outlineOf(lung.share, width, height) }))
  const zones = lungs.flatMap(({ lung, line }) => thirds(lung, line))
  const named = Object.fromEntries(ZONES.map((zone, i) => [zone, zones[i]!.map(toImage)])) as ZoneOutlines
  return { ...named, right: lungs[0]!.line.map(toImage), left: lungs[1]!.line.map(toImage) }
}

const tenth = (value: number) => Math.round(value * 10) / 10

function thirds({ top, bottom }: Lung, outline: Polygon): Polygon[] {
  const third = (bottom - top) / 3
  const lines = [Number.NEGATIVE_INFINITY, top + third, top + 2 * third, Number.POSITIVE_INFINITY]
  return [0, 1, 2].map((i) => below(above(outline, lines[i + 1]!), lines[i]!))
}

const below = (polygon: Polygon, line: number) => clipped(polygon, (y) => y >= line, line)
const above = (polygon: Polygon, line: number) => clipped(polygon, (y) => y <= line, line)

/** The part of a polygon on one side of a horizontal line (Sutherland & Hodgman 1974). */
function clipped(polygon: Polygon, keeps: (y: number) => boolean, line: number): Polygon {
  const out: Point[] = []
  for (const [i, to] of polygon.entries()) {
    const from = polygon.at(i - 1)!
    if (keeps(from[1]) !== keeps(to[1]))
      out.push([from[0] + ((to[0] - from[0]) * (line - from[1])) / (to[1] - from[1]), line])
    if (keeps(to[1])) out.push(to)
  }
  return out
}

/** Which side of a square is left for which, where the shares cross one half: by the corners inside, upper left 1, upper right 2, lower right 4, lower left 8. */
const TURNS: readonly (readonly (readonly [from: number, to: number])[])[] = (() => {
  const [top, right, bottom, left] = [0, 1, 2, 3]
  return [
    [],
    [[left, top]],
    [[top, right]],
    [[left, right]],
    [[right, bottom]],
    [
      [left, top],
      [right, bottom],
    ],
    [[top, bottom]],
    [[left, bottom]],
    [[bottom, left]],
    [[bottom, top]],
    [
      [top, right],
      [bottom, left],
    ],
    [[bottom, right]],
    [[right, left]],
    [[right, top]],
    [[top, left]],
    [],
  ]
})()

/** The longest of the lines along which shares cross one half. */
export const outlineOf = (share: Float32Array, width: number, height: number): Polygon =>
  outlinesOf(share, width, height).reduce(
    (longest, line) => (line.length > longest.length ? line : longest),
    [],
  )

/**
 * All lines along which shares cross one half, by marching squares between the centres of cells (Lorensen & Cline 1987, in the plane), in cells;
 * what lies outside the grid counts as 0, so that they are closed. Holes have lines of their own.
 * @param share [height, width]
 * @example outlinesOf(Float32Array.of(1), 1, 1) // [[[0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]]], from any of its points on
 */
export function outlinesOf(share: Float32Array, width: number, height: number): Polygon[] {
  const wide = width + 2
  const value = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : share[y * width + x]!
  const next = new Map<number, number>()
  const side = (x: number, y: number, vertical: 0 | 1) => 2 * ((y + 1) * wide + x + 1) + vertical
  for (let y = -1; y < height; y++)
    for (let x = -1; x < width; x++) {
      const inside =
        (value(x, y) > 0.5 ? 1 : 0) |
        (value(x + 1, y) > 0.5 ? 2 : 0) |
        (value(x + 1, y + 1) > 0.5 ? 4 : 0) |
        (value(x, y + 1) > 0.5 ? 8 : 0)
      if (inside === 0 || inside === 15) continue // most squares: no line crosses them
      const sides = [side(x, y, 0), side(x + 1, y, 1), side(x, y + 1, 0), side(x, y, 1)]
      for (const [from, to] of TURNS[inside]!) next.set(sides[from]!, sides[to]!)
    }
  const pointOf = (key: number): Point => {
    const cell = key >> 1
    const [x, y] = [(cell % wide) - 1, Math.floor(cell / wide) - 1]
    const [a, b] = [value(x, y), key & 1 ? value(x, y + 1) : value(x + 1, y)]
    const at = (0.5 - a) / (b - a)
    return key & 1 ? [x + 0.5, y + 0.5 + at] : [x + 0.5 + at, y + 0.5]
  }
  const lines: Polygon[] = []
  while (next.size > 0) {
    const line: Point[] = []
    let [key] = next.keys() as Iterable<number | undefined>
    while (key !== undefined && next.has(key)) {
      line.push(pointOf(key))
      const to = next.get(key)
      next.delete(key)
      key = to
    }
    lines.push(simplified(line))
  }
  return lines
}

/** Fewer points, none of those left out further than the tolerance from the line (Douglas & Peucker 1973). */
function simplified(line: Polygon): Polygon {
  if (line.length < 4) return line
  const half = line.length >> 1
  return [
    ...reduced(line.slice(0, half + 1)).slice(0, -1),
    ...reduced([...line.slice(half), line[0]!]).slice(0, -1),
  ]
}

function reduced(line: Polygon): Polygon {
  const [first, last] = [line[0]!, line.at(-1)!]
  const [dx, dy] = [last[0] - first[0], last[1] - first[1]]
  const length = Math.hypot(dx, dy)
  let [furthest, at] = [0, 0]
  for (const [i, [x, y]] of line.entries()) {
    const [px, py] = [x - first[0], y - first[1]]
    const distance = length > 0 ? Math.abs(px * dy - py * dx) / length : Math.hypot(px, py)
    if (distance > furthest) [furthest, at] = [distance, i]
  }
  if (furthest <= TOLERANCE) return [first, last]
  return [...reduced(line.slice(0, at + 1)).slice(0, -1), ...reduced(line.slice(at))]
}
