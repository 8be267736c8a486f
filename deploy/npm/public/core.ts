/** The public API of the package `@detl/core`. Nothing else in it is promised to stay. */
import { AppError, type ProblemCode } from '@detl/core/api/problem'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import type { GateSpec } from '@detl/core/gate/gate-spec'
import { withAbsent } from '@detl/core/image/absent-codecs'
import type { Codecs } from '@detl/core/image/codecs'
import { DEFAULT_LIMITS, type ImageLimits } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Intake } from '@detl/core/intake/taken-in'
import type { PreprocessSpec } from '@detl/core/preprocess/spec'

export { cxrGrey, preprocessId } from '@detl/core/preprocess/spec'
export {
  AppError,
  type Codecs,
  DEFAULT_LIMITS,
  type GateSpec,
  type ImageLimits,
  type Intake,
  type PreprocessSpec,
  type ProblemCode,
}

/** What `preprocess` may be told besides: decoders, the gate, limits. */
export type PreprocessOptions = {
  /** Decoders of what core does not decode itself: JPEG, and compressed DICOM (`@detl/codecs`, or a phone's own). Without them only PNG and uncompressed, RLE or deflated DICOM are read. */
  readonly codecs?: Partial<Codecs>
  /** What becomes of an image that is no frontal chest X-ray: an error, or (`report`, the default) its name in `refusal`. */
  readonly gate?: 'refuse' | 'report'
  /** Of the model's manifest; default the one that this version was fitted with. */
  readonly gateSpec?: GateSpec
  readonly limits?: ImageLimits
}

/**
 * The bytes of a PNG, JPEG or DICOM file → the model's input: UINT8 [1,1,S,S], bit for bit what training and the service make of it.
 * Runs in Node, workers, browsers and Hermes alike.
 * @param spec of the model's manifest (`preprocess`), or `cxrGrey(S)`
 * @returns `tensor` with S × S levels, 0 … 255, row-major; and `intake`, all that was seen: quality, refusal, geometry, the way back to the pixels
 * @throws AppError image-missing, image-unsupported (also where a decoder is needed and not given), image-undecodable, image-too-large;
 *   image-unsuitable with `gate: 'refuse'`
 * @example
 * const { tensor } = await preprocess(await file.bytes(), cxrGrey(128))
 * tensor.length // 16384
 */
export async function preprocess(
  bytes: Uint8Array,
  spec: PreprocessSpec,
  { codecs = {}, gate = 'report', gateSpec = DEFAULT_GATE, limits = DEFAULT_LIMITS }: PreprocessOptions = {},
): Promise<{ readonly tensor: Uint8Array; readonly intake: Intake }> {
  const intake = await takeIn(
    bytes,
    spec,
    { mode: gate, spec: gateSpec },
    { limits, codecs: withAbsent(codecs) },
  )
  return { tensor: intake.preprocessed.tensor, intake }
}
