import type { Settings } from '../api/account.ts'
import type { ComputedOn } from '../api/computed-on.ts'
import type { Intake } from '../intake/taken-in.ts'
import type { Language } from '../model/classes.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Scores } from '../model/outputs.ts'

/** Everything a report or an image of a screening is made from; the same gives the same bytes. */
export type Screened = {
  readonly id: string
  /** When it was first given, in ms since the epoch. */
  readonly at: number
  readonly manifest: Manifest
  /** As it was sent: a DICOM answer joins the study of a DICOM image. */
  readonly bytes: Uint8Array
  readonly intake: Intake
  readonly scores: Scores
  readonly settings: Settings
  /** Of what people read in it. */
  readonly language: Language
  /** The caller's own FHIR references, passed through. */
  readonly references: { readonly subject?: string | undefined; readonly imagingStudy?: string | undefined }
}

/** A screening that a service answered. */
export type Answer = Screened & {
  readonly servedBy: 'gpu' | 'edge'
  readonly computedOn?: ComputedOn | undefined
}
