import type { Quality, Refusal } from '../gate/verdict.ts'
import type { GrayImage } from '../image/gray-image.ts'
import type { ImageSource } from '../image/image-source.ts'
import type { Preprocessed, Seen } from '../preprocess/preprocessed.ts'

/** What a screening needs of an image that was taken in, here or by its sender: all of an `Intake` but the way back to the image. */
export type TakenIn = {
  /** Size as it is scored, in pixels, upright; and bits a sample. */
  readonly image: Omit<GrayImage, 'data'>
  readonly source: Pick<ImageSource, 'format'>
  readonly quality: Quality
  readonly preprocessed: Pick<Preprocessed, 'tensor' | 'geometry'>
}

/** An image that was taken in (`takeIn`): its tensor, what was seen of it, and the way back to its pixels. */
export type Intake = {
  /** Size as it is scored, in pixels, upright; and bits a sample. */
  readonly image: Omit<GrayImage, 'data'>
  /**
   * The image upright and not inverted, its longest side at most `maxSide` pixels, on the 16-bit scale, and what was seen of it, in its
   * own pixels and levels. The file is decoded once more: the way to the tensor holds no more of an image than the tensor needs.
   */
  readonly view: (maxSide: number) => Promise<{ image: GrayImage; seen: Seen }>
  readonly source: ImageSource
  readonly quality: Quality
  /** Why the gate would have refused the image; only with mode `report`. */
  readonly refusal: Refusal | undefined
  readonly preprocessed: Preprocessed
}
