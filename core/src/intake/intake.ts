import { admit, type Quality } from '../gate/gate.ts'
import type { GateSpec } from '../gate/gate-spec.ts'
import { undoing } from '../gate/orientation.ts'
import { readImage } from '../image/decode.ts'
import type { DecodeOptions } from '../image/decode-options.ts'
import type { GrayImage } from '../image/gray-image.ts'
import type { ImageSource } from '../image/image-source.ts'
import type { RowSink } from '../image/row-sink.ts'
import { fromWorking, type Preprocessed } from '../preprocess/preprocess.ts'
import { ReducingSink } from '../preprocess/reduce.ts'
import type { PreprocessSpec } from '../preprocess/spec.ts'

export type Intake = {
  /** Size as it was scored: upright. */
  readonly image: Omit<GrayImage, 'data'>
  /**
   * The image upright and not inverted, its longest side at most `maxSide`, and what was seen of it, in its coordinates.
   * It is decoded once more: the way to the tensor holds no more of an image than the tensor needs.
   */
  readonly view: (maxSide: number) => Promise<{ image: GrayImage; seen: Preprocessed }>
  readonly source: ImageSource
  readonly quality: Quality
  readonly preprocessed: Preprocessed
}

/**
 * The whole way of a file to the model: decode and reduce row by row, gate, preprocess.
 * @throws AppError as `readImage` and `admit` say
 */
export async function takeIn(
  bytes: Uint8Array,
  spec: PreprocessSpec,
  gate: GateSpec,
  options: Omit<DecodeOptions, 'reduceTo'>,
): Promise<Intake> {
  const read = (sink: RowSink, reduceTo: number) => readImage(bytes, { ...options, reduceTo }, sink)
  let reducing = new ReducingSink(spec.workingSize)
  const source = await read(reducing, spec.workingSize)
  let working = reducing.working()
  const quality = admit(working, source, spec, gate)
  const upright = async (sink: RowSink, reduceTo: number) => {
    const undo = undoing(quality.corrected ?? 'upright', sink)
    await read(undo.sink, reduceTo)
    undo.finish()
  }
  if (quality.corrected !== undefined) {
    reducing = new ReducingSink(spec.workingSize)
    await upright(reducing, spec.workingSize)
    working = reducing.working()
  }
  const { size } = reducing
  const view = async (maxSide: number) => {
    const viewed = new ReducingSink(maxSide)
    await upright(viewed, maxSide)
    const image = { ...viewed.working(), bits: 16 }
    return { image, seen: fromWorking(working, image, spec) }
  }
  return { image: size, view, source, quality, preprocessed: fromWorking(working, size, spec) }
}
