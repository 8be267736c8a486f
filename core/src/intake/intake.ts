import { admit, type Quality } from '../gate/gate.ts'
import type { GateSpec } from '../gate/gate-spec.ts'
import { type DecodeOptions, decodeImage, type ImageSource } from '../image/decode.ts'
import type { GrayImage } from '../image/gray-image.ts'
import { fromWorking, type Preprocessed } from '../preprocess/preprocess.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'

export type Intake = {
  /** As it was scored: upright and not inverted. Smaller than the source where JPEG 2000 was decoded in part. */
  readonly image: GrayImage
  readonly source: ImageSource
  readonly quality: Quality
  readonly preprocessed: Preprocessed
}

/**
 * The whole way of a file to the model: decode, gate, preprocess.
 * @throws AppError as `decodeImage` and `admit` say
 */
export async function takeIn(
  bytes: Uint8Array,
  spec: PreprocessSpec,
  gate: GateSpec,
  options: Omit<DecodeOptions, 'reduceTo'>,
): Promise<Intake> {
  // Twice the working size: the wavelet's own low-pass then changes the tensor by half a level on average.
  const decoded = await decodeImage(bytes, { ...options, reduceTo: 2 * spec.workingSize })
  const { image, working, quality } = admit(decoded, spec, gate)
  return { image, source: decoded.source, quality, preprocessed: fromWorking(working, image, spec) }
}
