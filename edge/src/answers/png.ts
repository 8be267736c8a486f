import { mapMaximum } from '@detl/core/api/screening'
import { renderOverlay } from '@detl/core/cam/overlay'
import { encodePng } from '@detl/core/image/png-encode'
import type { Answer } from './answer.ts'

const MAX_SIDE = 1024

/** The heat map of the label, mixed over the X-ray. */
export async function toPng({ intake, scores, manifest }: Answer): Promise<Uint8Array<ArrayBuffer>> {
  const fullHeat = Math.max(...Object.values(scores.maps).map(mapMaximum))
  const map = scores.maps[scores.label]
  const overlay = renderOverlay(intake.image, intake.preprocessed, map, manifest.cam, {
    maxSide: MAX_SIDE,
    opacity: 0.6,
    fullHeat,
  })
  return encodePng({ ...overlay, channels: 3 })
}
