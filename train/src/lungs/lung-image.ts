import type { Box, ImageRecord } from '../data/record.ts'

/** What is known of an image's regions; every plane is [S,S] of 0 and 255, in the tensor's geometry. */
export type LungImage = {
  readonly record: ImageRecord
  /** [S,S] */
  readonly pixels: Uint8Array
  readonly placed: Box
  /** Both lungs by where they lie in the picture; undefined where nobody drew them. */
  readonly lungs: { readonly left: Uint8Array; readonly right: Uint8Array } | undefined
  /** Opacity; undefined where nobody drew it and the class does not rule it out. */
  readonly opacity: Uint8Array | undefined
  /**
   * - `outlined`: somebody drew the lesion, or the lungs alone;
   * - `clear`: a normal film: no opacity anywhere;
   * - `soft`: what others said of it, in shares: a network of the lungs, a teacher of the opacity;
   * - `boxed`: a box around an opacity, which holds healthy lung too, and outside of which there may be more.
   */
  readonly kind: 'outlined' | 'clear' | 'boxed' | 'soft'
}
