import type { ActivationMap } from '../cam/resize-map.ts'
import { inLungShare } from '../lungs/cam-share.ts'
import { findLungs, pictureIn } from '../lungs/find-lungs.ts'
import { type Severity, severityOf } from '../lungs/severity.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Scores } from '../model/outputs.ts'
import type { Rect } from '../preprocess/preprocessed.ts'

/** What an answer says of the lungs. */
export type LungFindings = {
  readonly severity: Severity
  /** Share of a map's evidence that lies in the lungs; undefined without evidence, or where lungs were not found. */
  readonly inLungs: (map: ActivationMap) => number | undefined
}

/**
 * @param placed where the picture lies in the tensor, in its pixels
 * @returns undefined where the model outlines no lungs
 */
export function lungFindings(
  {
    regions: spec,
    preprocess: { size },
    cam: { stride, offset },
  }: Pick<Manifest, 'regions' | 'preprocess' | 'cam'>,
  { regions }: Pick<Scores, 'regions'>,
  placed: Rect,
): LungFindings | undefined {
  if (!spec || !regions) return undefined
  const lungs = findLungs(regions, pictureIn({ placed }, size))
  const place = { grid: { stride, offset }, placed, size }
  return {
    severity: severityOf(spec, regions, lungs),
    inLungs: (map) => {
      const share = typeof lungs === 'string' ? undefined : inLungShare(map, place, lungs, regions)
      return share === undefined ? undefined : Math.round(share * 1000) / 1000
    },
  }
}
