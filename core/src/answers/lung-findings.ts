import type { ActivationMap } from '../cam/resize-map.ts'
import { inLungShare } from '../lungs/cam-share.ts'
import { findLungs, lungRemarks, pictureIn } from '../lungs/find-lungs.ts'
import { type LungOutlines, lungOutlines } from '../lungs/outlines.ts'
import { type Severity, severityOf } from '../lungs/severity.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Scores } from '../model/outputs.ts'
import type { Geometry } from '../preprocess/preprocessed.ts'

/** What an answer says of the lungs. */
export type LungFindings = {
  readonly severity: Severity
  /** Draws the lungs and zones that it is of, on the image; undefined where lungs were not found. */
  readonly outlines: () => LungOutlines | undefined
  /** Share of a map's evidence that lies in the lungs; undefined without evidence, or where lungs were not found. */
  readonly inLungs: (map: ActivationMap) => number | undefined
}

/**
 * @param geometry where the picture lies in the tensor, and the tensor on the image
 * @returns undefined where the model outlines no lungs
 */
export function lungFindings(
  {
    regions: spec,
    preprocess: { size },
    cam: { stride, offset },
  }: Pick<Manifest, 'regions' | 'preprocess' | 'cam'>,
  { regions }: Pick<Scores, 'regions'>,
  geometry: Geometry,
): LungFindings | undefined {
  if (!spec || !regions) return undefined
  const picture = pictureIn(geometry, size)
  const lungs = findLungs(regions, picture)
  const remarks = typeof lungs === 'string' ? [] : lungRemarks(lungs, picture, regions)
  const place = { grid: { stride, offset }, placed: geometry.placed, size }
  return {
    severity: severityOf(spec, regions, lungs, remarks),
    outlines: () =>
      typeof lungs === 'string' ? undefined : lungOutlines(lungs, { ...spec, size }, geometry),
    inLungs: (map) => {
      const share = typeof lungs === 'string' ? undefined : inLungShare(map, place, lungs, regions)
      return share === undefined ? undefined : Math.round(share * 1000) / 1000
    },
  }
}

/**
 * How much of the lungs of a screened image is opaque: measured here, or as the answer said that its scores came from. Every representation renders this.
 * @returns undefined where the model outlines no lungs
 */
export const severityIn = ({ manifest, scores, intake }: Seen): Severity | undefined =>
  scores.severity ?? lungFindings(manifest, scores, intake.preprocessed.geometry)?.severity

/**
 * Where the lungs of a screened image and their zones are, on the image upright: found here, or as the answer said that its scores came from.
 * @returns undefined where the model outlines no lungs, or none were found
 */
export const outlinesIn = ({ manifest, scores, intake }: Seen): LungOutlines | undefined =>
  scores.outlines ?? lungFindings(manifest, scores, intake.preprocessed.geometry)?.outlines()

type Seen = {
  readonly manifest: Manifest
  readonly scores: Scores
  readonly intake: { readonly preprocessed: { readonly geometry: Geometry } }
}
