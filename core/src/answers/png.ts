import { mapMaximum } from '../api/screening.ts'
import { type RgbImage, renderOverlay } from '../cam/overlay.ts'
import { encodePng } from '../image/png-encode.ts'
import type { Screened } from './answer.ts'

const MAX_SIDE = 1024

/** Drawn once for all representations of a screening that show it. */
const overlays = new WeakMap<Screened, Promise<RgbImage>>()

/** The heat map of the label, mixed over the X-ray. */
export function overlayOf(screened: Screened): Promise<RgbImage> {
  const known = overlays.get(screened) ?? drawOverlay(screened)
  overlays.set(screened, known)
  return known
}

async function drawOverlay({ intake, scores, manifest }: Screened): Promise<RgbImage> {
  const fullHeat = Math.max(...Object.values(scores.maps).map(mapMaximum))
  const map = scores.maps[scores.label]
  const { image, seen } = await intake.view(MAX_SIDE)
  return renderOverlay(image, seen, map, manifest.cam, {
    maxSide: MAX_SIDE,
    opacity: 0.6,
    fullHeat,
  })
}

export const toPng = async (answer: Screened): Promise<Uint8Array<ArrayBuffer>> =>
  encodePng({ ...(await overlayOf(answer)), channels: 3 })
