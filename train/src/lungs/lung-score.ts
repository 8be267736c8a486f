import type { Extents } from '@detl/core/lungs/severity'
import type { LungImage } from './lung-image.ts'
import type { OutlineLimits } from './outline-limits.ts'

/** What a network that has not seen an image says of it, beside what was drawn on it. */
export type LungScore = {
  readonly file: string
  readonly fold: number
  readonly kind: LungImage['kind']
  /** Dice of each lung, at the tensor's resolution; the patient's sides. */
  readonly dice: { readonly right: number; readonly left: number } | undefined
  /** What it could be. */
  readonly limits: { readonly right: OutlineLimits; readonly left: OutlineLimits } | undefined
  /** Why the lungs were not found; undefined where they were. */
  readonly fault: string | undefined
  readonly said: Extents | undefined
  /** By the outlines; only where a lesion was outlined. */
  readonly drawn: Extents | undefined
}
