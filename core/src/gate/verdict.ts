import type { FileRemark } from '../image/file-remark.ts'
import type { Reading } from './reading.ts'

/** Why the gate refuses an image. Codes are API; they open the detail of 'image-unsuitable'. */
export type Refusal = {
  readonly code:
    | 'wrong-modality'
    | 'wrong-body-part'
    | 'lateral'
    | 'too-small'
    | 'blank'
    | 'colour'
    | 'not-a-chest-x-ray'
  readonly detail: string
}

/** What is said of an image that is scored all the same. */
export type Remark =
  | FileRemark
  | 'small'
  | 'photograph'
  | 'under-exposed'
  | 'over-exposed'
  | 'soft'
  | 'cut-off'
  | 'maybe-inverted'
  | 'maybe-rotated'

export type Quality = {
  readonly remarks: readonly Remark[]
  /** What is to be undone before scoring: the image is inverted, or lies on its side or head. */
  readonly corrected: Exclude<Reading, 'upright'> | undefined
  /** Odds that this is no frontal chest X-ray, as a share of the largest accepted ones: 0–1, and above 1 where that is refused. */
  readonly unlikeness: number
  /** Share of the central region at the darkest and at the brightest level. */
  readonly clipped: { readonly dark: number; readonly bright: number }
}

/** What the gate says of an image: what it saw, and the first thing for which it refuses it, if there is one. */
export type Verdict = { readonly quality: Quality; readonly refusal: Refusal | undefined }
