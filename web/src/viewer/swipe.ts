import { type Affine, chained, inverse } from '@detl/core/comparison/affine'
import type { Picture, Result } from '../engine/types.ts'
import { drawGrey } from './grey.ts'

/** Longest side that is drawn. */
const SIDE = 900

export type ShownFilm = { readonly picture: Picture; readonly result: Result }

/**
 * Draws the earlier film, and right of a line the later one as it lies upon it.
 * @param affine from the earlier film's tensor to the later one's, in shares of their sides
 * @param share of the width, from the left, that shows the earlier film: 0 … 1
 */
export function drawSwipe(
  canvas: HTMLCanvasElement,
  earlier: ShownFilm,
  later: ShownFilm,
  affine: Affine,
  share: number,
): void {
  const { width, height } = earlier.picture
  const scale = Math.min(1, SIDE / Math.max(width, height))
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext('2d')!
  context.imageSmoothingQuality = 'high'
  context.drawImage(greyOf(earlier.picture), 0, 0, canvas.width, canvas.height)
  const from = Math.round(share * canvas.width)
  context.beginPath()
  context.rect(from, 0, canvas.width - from, canvas.height)
  context.clip()
  context.fillRect(0, 0, canvas.width, canvas.height)
  const toEarlier = chained(chained(toTensor(later), inverse(affine)), inverse(toTensor(earlier)))
  const [xx, xy, x0, yx, yy, y0] = toEarlier
  context.setTransform(scale * xx, scale * yx, scale * xy, scale * yy, scale * x0, scale * y0)
  context.drawImage(greyOf(later.picture), 0, 0, later.picture.width, later.picture.height)
  context.resetTransform()
  context.fillStyle = '#78dcff'
  context.fillRect(from, 0, 2, canvas.height)
}

const drawn = new WeakMap<Picture, OffscreenCanvas>()

function greyOf(picture: Picture): OffscreenCanvas {
  const known = drawn.get(picture)
  if (known) return known
  const canvas = new OffscreenCanvas(1, 1)
  drawGrey(canvas, picture, picture.window)
  drawn.set(picture, canvas)
  return canvas
}

/** From a film's pixels to shares of its tensor. */
function toTensor({ result: { geometry, model } }: ShownFilm): Affine {
  const size = Number(model.preprocess.split('/').at(-1)) // `cxr-grey@2/128`
  const { crop, placed } = geometry
  const [sx, sy] = [placed.width / crop.width / size, placed.height / crop.height / size]
  return [sx, 0, placed.x / size - sx * crop.x, 0, sy, placed.y / size - sy * crop.y]
}
