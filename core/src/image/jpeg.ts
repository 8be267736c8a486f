import { AppError } from '../api/problem.ts'
import { checkMemory, checkSize } from './check-limits.ts'
import type { Codecs, DecodedFrame } from './codecs.ts'
import { pushRgb } from './colour.ts'
import type { ImageSource } from './decode.ts'
import { type JpegHeader, readJpegHeader } from './jpeg-header.ts'
import type { ImageLimits } from './limits.ts'
import type { RowSink, Samples } from './row-sink.ts'
import { TurningSink } from './turning-sink.ts'

const ACCEPTED: readonly string[] = ['baseline', 'extended', 'progressive']

/**
 * JPEG → grey, turned upright by its EXIF orientation. The header is read here, and the limits are checked, before
 * the codec is loaded.
 */
export async function readJpeg(
  bytes: Uint8Array,
  limits: ImageLimits,
  codecs: Codecs,
  sink: RowSink,
): Promise<ImageSource> {
  const header = readJpegHeader(bytes)
  const { width, height, bits, components } = header
  checkSize(width, height, limits)
  if (!ACCEPTED.includes(header.process)) {
    throw new AppError(
      'image-unsupported',
      `JPEG of process ${header.process}; accepted: ${ACCEPTED.join(', ')}`,
    )
  }
  if (bits !== 8) throw new AppError('image-unsupported', `JPEG of ${bits} bits; accepted: 8`)
  if (!header.complete)
    throw new AppError('image-undecodable', 'the JPEG is damaged: it ends before its end marker')
  const orientation = header.orientation >= 2 && header.orientation <= 8 ? header.orientation : 1
  const turning = orientation > 1 ? new TurningSink(orientation, sink) : undefined
  const rows = turning ?? sink
  const waiting = width * height * rows.waiting({ width, height, bits })
  checkMemory(jpegMemory(bytes.length, header) + waiting, 'a JPEG of this kind', limits)
  const frame = await (components === 4 ? codecs.jpegCmyk(bytes) : codecs.jpeg(bytes))
  if (frame.width !== width || frame.height !== height) {
    throw new AppError('image-undecodable', 'the JPEG is damaged: its data and its header differ in size')
  }
  const colour: ImageSource['colour'] = components === 1 ? 'grey' : components === 4 ? 'cmyk' : 'ycbcr'
  rows.start({ width, height, bits })
  let chroma = 0
  if (frame.components === 1) rows.push(unsigned(frame), 0, height)
  else chroma = pushRgb(unsigned(frame), { width, height, bits }, rows)
  frame.release?.()
  turning?.finish()
  return { format: 'jpeg', width, height, bits, colour, alpha: false, chroma }
}

function unsigned({ data }: DecodedFrame): Samples {
  if (data instanceof Int16Array) throw new Error('the codec gave signed samples')
  return data
}

/** Bytes that decoding holds: the file twice, pixels, and coefficients of 2 bytes where the whole image's must be kept. */
export function jpegMemory(fileBytes: number, header: JpegHeader): number {
  const { width, height, components, samplesPerPixel, severalScans } = header
  // jpeg-js, for CMYK, keeps coefficients as objects of 4-byte numbers: measured.
  const perPixel =
    components === 4 ? 36 : (components === 1 ? 1 : 3) + (severalScans ? 2 * samplesPerPixel : 0)
  return 2 * fileBytes + width * height * perPixel
}
