import type { Reduction } from '../image/codecs.ts'
import { readImage } from '../image/decode.ts'
import type { DecodeOptions } from '../image/decode-options.ts'
import type { ImageSource } from '../image/image-source.ts'
import type { ImageSize } from '../image/row-sink.ts'
import { ReducingSink } from '../preprocess/reduce.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'
import type { WorkingImage } from '../preprocess/working-image.ts'

/** How a file is read: limits and decoders; how far it may be reduced, the specification says. */
export type ReadOptions = Omit<DecodeOptions, 'reduceTo'>

export type ReadImage = {
  /** As it lies in the file (EXIF's orientation followed), its longest side at most `longest`. */
  readonly working: WorkingImage
  /** Of the image at full resolution, in pixels, and its depth. */
  readonly size: Pick<ImageSize, 'width' | 'height' | 'bits'>
  readonly source: ImageSource
}

/**
 * Steps `decode` and `reduce` of the preprocess specification: bytes of a file → a reduced image, no more of which is ever held.
 * @param longest longest side of the result in pixels: `spec.workingSize` on the way to the model, another for a view
 * @throws AppError as `readImage` says
 */
export async function readReduced(
  bytes: Uint8Array,
  spec: PreprocessSpec,
  options: ReadOptions,
  longest: number = spec.workingSize,
): Promise<ReadImage> {
  const reduceTo: Reduction = { longest, margin: spec.decodeMargin }
  // What the raster holds from before is not counted by the decoders: of a large file's memory there is none left for it.
  const room = options.limits.maxMemory / 2 - bytes.length
  const sink = new ReducingSink(longest, await options.codecs.raster?.(room))
  try {
    const source = await readImage(bytes, { ...options, reduceTo }, sink)
    const { width, height, bits } = sink.size
    return { working: sink.working(), size: { width, height, bits }, source }
  } finally {
    sink.release()
  }
}
