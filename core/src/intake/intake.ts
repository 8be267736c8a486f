import { AppError } from '../api/problem.ts'
import { judge } from '../gate/gate.ts'
import type { GateSpec } from '../gate/gate-spec.ts'
import { upright, uprightSize } from '../gate/orientation.ts'
import { preprocess, seenIn } from '../preprocess/preprocess.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'
import { type ReadOptions, readReduced } from './read.ts'
import type { Intake } from './taken-in.ts'

/**
 * The gate that an image is shown to. `mode` says what becomes of a refusal: `refuse` ends the intake with it (who scores for people),
 * `report` takes the image in all the same and names it (training, a viewer). Everything else is alike in both.
 */
export type Gate = { readonly mode: 'refuse' | 'report'; readonly spec: GateSpec }

/**
 * The only way from the bytes of a file to the model's input, in training as in serving: read, gate, upright, tensor. The steps are those
 * of `PreprocessSpec`.
 *
 * @param bytes a PNG, JPEG or DICOM file
 * @returns the tensor UINT8 [1,1,S,S] with what was seen for it
 * @throws AppError as `readImage` says; 'image-unsuitable' where the gate refuses and its mode is `refuse`, the detail opened by
 *   the refusal's code and a colon
 * @example
 * const gate = { mode: 'refuse', spec: manifest.gate } as const
 * const { preprocessed, quality } = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
 */
export async function takeIn(
  bytes: Uint8Array,
  spec: PreprocessSpec,
  gate: Gate,
  options: ReadOptions,
): Promise<Intake> {
  const { working, size, source } = await readReduced(bytes, spec, options)
  const { quality, refusal } = judge(working, source, spec, gate.spec)
  if (refusal && gate.mode === 'refuse')
    throw new AppError('image-unsuitable', `${refusal.code}: ${refusal.detail}`)
  const reading = quality.corrected ?? 'upright'
  const scored = upright(working, reading)
  const image = uprightSize(size, reading)
  const { tensor, ...seen } = preprocess(scored, spec)

  const view = async (maxSide: number) => {
    const read = await readReduced(bytes, spec, options, maxSide)
    const viewed = { ...upright(read.working, reading), bits: 16 }
    return { image: viewed, seen: seenIn(viewed, seen, scored) }
  }
  return { image, view, source, quality, refusal, preprocessed: { tensor, ...seenIn(image, seen, scored) } }
}
