import type { Settings } from '../api/account.ts'
import type { Scores } from '../api/screening.ts'
import type { Intake } from '../intake/intake.ts'
import type { Manifest } from '../model/manifest.ts'

/** Everything a representation is made from; the same answer gives the same bytes. */
export type Answer = {
  readonly id: string
  /** When it was first given, in ms since the epoch. */
  readonly at: number
  readonly manifest: Manifest
  /** As it was sent: a DICOM answer joins the study of a DICOM image. */
  readonly bytes: Uint8Array
  readonly intake: Intake
  readonly scores: Scores
  readonly servedBy: 'gpu' | 'edge'
  readonly settings: Settings
  /** The caller's own FHIR references, passed through. */
  readonly references: { readonly subject?: string | undefined; readonly imagingStudy?: string | undefined }
}
