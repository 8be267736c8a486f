import type { RgbImage } from '../../cam/overlay.ts'
import { showGrey } from '../../cam/overlay.ts'
import { type Affine, at } from '../../comparison/affine.ts'
import type { Seen } from '../../comparison/align.ts'
import type { Lungs } from '../../lungs/lung.ts'
import { ZONES, type Zone, zonesOf } from '../../lungs/zones.ts'
import type { Screened } from '../answer.ts'
import { type Colour, makeCanvas, mixPixel } from '../picture/canvas.ts'
import { letter, widthOf } from '../picture/lettering.ts'

const OUTLINE: Colour = [120, 220, 255]
export const MORE: Colour = [255, 120, 40]
export const LESS: Colour = [60, 150, 255]
const BLACK: Colour = [0, 0, 0]

/** A difference of opacity that is shown in full colour; one below the other is not shown. */
const FULL = 0.6
const LEAST = 0.08
/** Weight of the colour where it is full. */
const WEIGHT = 0.7

/** A film that can be drawn: what was seen of it, and the way back to its pixels. */
export type Drawable = {
  readonly film: { readonly seen?: Seen | undefined }
  readonly answer?: Pick<Screened, 'intake' | 'manifest'> | undefined
}

/** A film as it is drawn: its grey levels, and for each of its pixels where it lies in the tensor. */
type Drawn = {
  readonly canvas: RgbImage
  /** In shares of the tensor's sides. */
  readonly place: (x: number, y: number) => readonly [u: number, v: number]
}

/** A film at a height, with its zones outlined and lettered. @param exchanged its sides were taken as each other's */
export async function filmPanel(film: Drawable, height: number, exchanged: boolean): Promise<RgbImage> {
  const drawn = await greyOf(film, height)
  const seen = film.film.seen
  if (seen && typeof seen.lungs !== 'string') outlineZones(drawn, seen, seen.lungs, exchanged)
  return drawn.canvas
}

/**
 * The earlier film with what became more and less opaque, where the later one lies upon it.
 * @param affine from the earlier film to the later one
 */
export async function differencePanel(
  earlier: Drawable,
  later: Drawable,
  affine: Affine,
  height: number,
): Promise<RgbImage | undefined> {
  const [before, after] = [earlier.film.seen, later.film.seen]
  if (!before || !after || typeof before.lungs === 'string') return undefined
  const drawn = await greyOf(earlier, height)
  const { canvas, place } = drawn
  const { lungs, regions } = before
  const lung = lungs.right.share.map((share, i) => Math.min(1, share + lungs.left.share[i]!))
  const [xx, xy, x0, yx, yy, y0] = affine
  for (let y = 0; y < canvas.height; y++)
    for (let x = 0; x < canvas.width; x++) {
      const [u, v] = place(x, y)
      const inside = shareAt(lung, regions, u, v)
      if (inside === 0) continue
      const then = shareAt(regions.opacity, regions, u, v)
      const now = shareAt(after.regions.opacity, after.regions, xx * u + xy * v + x0, yx * u + yy * v + y0)
      const difference = now - then
      if (Math.abs(difference) < LEAST) continue
      const weight = WEIGHT * inside * Math.min(1, Math.abs(difference) / FULL)
      mixPixel(canvas, x, y, difference > 0 ? MORE : LESS, weight)
    }
  outlineZones(drawn, before, lungs, false)
  return canvas
}

const shareAt = (
  plane: ArrayLike<number>,
  { width, height }: { readonly width: number; readonly height: number },
  u: number,
  v: number,
): number => at(plane, width, height, u * width - 0.5, v * height - 0.5)

async function greyOf({ answer }: Drawable, height: number): Promise<Drawn> {
  const { image, seen } = await answer!.intake.view(Math.max(height, 64))
  const size = answer!.manifest.preprocess.size
  const raster = { height, width: Math.max(1, Math.round((image.width * height) / image.height)) }
  const shown = { width: Math.min(raster.width, image.width), height: Math.min(height, image.height) }
  const grey = showGrey(image, seen.window, shown)
  const canvas = makeCanvas(raster.width, height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < raster.width; x++) {
      const from =
        Math.floor((y * shown.height) / height) * shown.width + Math.floor((x * shown.width) / raster.width)
      canvas.data.fill(grey[from]!, (y * raster.width + x) * 3, (y * raster.width + x) * 3 + 3)
    }
  const { crop, placed } = seen.geometry
  const place = (x: number, y: number) => {
    const [inX, inY] = [((x + 0.5) * image.width) / raster.width, ((y + 0.5) * image.height) / height]
    return [
      (placed.x + ((inX - crop.x) / crop.width) * placed.width) / size,
      (placed.y + ((inY - crop.y) / crop.height) * placed.height) / size,
    ] as const
  }
  return { canvas, place }
}

const EXCHANGED: Readonly<Record<Zone, Zone>> = { A: 'D', B: 'E', C: 'F', D: 'A', E: 'B', F: 'C' }

function outlineZones({ canvas, place }: Drawn, { regions }: Seen, lungs: Lungs, exchanged: boolean): void {
  const shares = zonesOf(lungs, regions.width)
  const zones = new Int8Array(canvas.width * canvas.height).fill(-1)
  const sums = ZONES.map(() => ({ x: 0, y: 0, n: 0 }))
  for (let y = 0; y < canvas.height; y++)
    for (let x = 0; x < canvas.width; x++) {
      const [u, v] = place(x, y)
      const of = ZONES.map((zone) => shareAt(shares[zone], regions, u, v))
      const total = of.reduce((sum, share) => sum + share, 0)
      if (total < 0.5) continue
      const zone = of.indexOf(Math.max(...of))
      zones[y * canvas.width + x] = zone
      const sum = sums[zone]!
      sum.x += x
      sum.y += y
      sum.n++
    }
  for (let y = 0; y + 1 < canvas.height; y++)
    for (let x = 0; x + 1 < canvas.width; x++) {
      const at = y * canvas.width + x
      if (zones[at] !== zones[at + 1] || zones[at] !== zones[at + canvas.width])
        mixPixel(canvas, x, y, OUTLINE, 0.8)
    }
  const size = Math.max(10, canvas.height / 22)
  for (const [i, zone] of ZONES.entries()) {
    const { x, y, n } = sums[i]!
    if (n === 0) continue
    const text = exchanged ? EXCHANGED[zone] : zone
    const left = x / n - widthOf(text, size) / 2
    for (const [dx, dy] of [
      [-1, 0],
      [1, 0],
      [0, -1],
      [0, 1],
    ] as const)
      letter(canvas, text, { x: left + dx, y: y / n + size / 3 + dy, size, colour: BLACK })
    letter(canvas, text, { x: left, y: y / n + size / 3, size, colour: OUTLINE })
  }
}
