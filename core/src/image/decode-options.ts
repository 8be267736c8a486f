import type { Reduction, RuntimeCodecs } from './codecs.ts'
import type { ImageLimits } from './limits.ts'

/** What a decoder of any format is told beside the bytes. */
export type DecodeOptions = {
  readonly limits: ImageLimits
  readonly codecs: RuntimeCodecs
  /** Which frame of a multi-frame DICOM object, from 0; the first if absent. */
  readonly frame?: number
  /**
   * What the caller reduces the image to. JPEG and JPEG 2000 are then decoded at a lower resolution, which is still
   * higher than that (`codecs.ts`): the image may be smaller than the source.
   */
  readonly reduceTo?: Reduction
}
