import { decide } from '../api/decision.ts'
import { type RgbImage, renderOverlay } from '../cam/overlay.ts'
import { type ActivationMap, mapMaximum } from '../cam/resize-map.ts'
import { encodePng } from '../image/png-encode.ts'
import type { Screened } from './answer.ts'
import { once } from './once.ts'

const MAX_SIDE = 1024

/** The heat map of the class that the decision names first, mixed over the X-ray. The file is decoded for it, beside the scoring: once, however often it is asked for. */
export const overlayOf = once(async ({ intake, scores, manifest, settings }: Screened): Promise<RgbImage> => {
  const fullHeat = Math.max(...Object.values(scores.maps).map(mapMaximum))
  const { leading } = decide(manifest, settings, scores)
  const map = (scores.maps as Readonly<Record<string, ActivationMap>>)[leading]!
  const { image, seen } = await intake.view(MAX_SIDE)
  return renderOverlay(image, seen, map, manifest.cam, {
    maxSide: MAX_SIDE,
    opacity: 0.6,
    fullHeat,
  })
})

/** The overlay as a PNG. */
export const toPng = once(
  async (screened: Screened): Promise<Uint8Array<ArrayBuffer>> =>
    encodePng({ ...(await overlayOf(screened)), channels: 3 }),
)
