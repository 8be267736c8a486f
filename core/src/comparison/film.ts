import { findLungs, lungRemarks, pictureIn } from '../lungs/find-lungs.ts'
import { type Severity, severityOf } from '../lungs/severity.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Scores } from '../model/outputs.ts'
import type { Preprocessed } from '../preprocess/preprocessed.ts'
import type { Seen } from './align.ts'

/** What a comparison needs of one film. */
export type Film = {
  readonly severity: Severity
  /** What was seen of the film; absent where only its answer was kept. Without it nobody can say whether the film lies mirrored, or is a copy. */
  readonly seen?: Seen | undefined
}

/** @returns undefined where the model outlines no lungs */
export function filmOf(
  { regions: spec, preprocess: { size } }: Pick<Manifest, 'regions' | 'preprocess'>,
  { regions }: Pick<Scores, 'regions'>,
  { tensor, geometry }: Pick<Preprocessed, 'tensor' | 'geometry'>,
): Film | undefined {
  if (!spec || !regions) return undefined
  const picture = pictureIn(geometry, size)
  const lungs = findLungs(regions, picture)
  const remarks = typeof lungs === 'string' ? [] : lungRemarks(lungs, picture, regions)
  return { severity: severityOf(spec, regions, lungs, remarks), seen: { regions, lungs, tensor, size } }
}
