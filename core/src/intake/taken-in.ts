import type { Quality } from '../gate/gate.ts'
import type { GrayImage } from '../image/gray-image.ts'
import type { ImageSource } from '../image/image-source.ts'
import type { Preprocessed } from '../preprocess/preprocessed.ts'

/** What a screening needs of an image that was taken in, here or by its sender: all of an `Intake` but the way back to the image. */
export type TakenIn = {
  /** Size as it is scored, in pixels, upright; and bits a sample. */
  readonly image: Omit<GrayImage, 'data'>
  readonly source: Pick<ImageSource, 'format'>
  readonly quality: Quality
  readonly preprocessed: Pick<Preprocessed, 'tensor' | 'geometry'>
}
