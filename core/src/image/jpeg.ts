import { AppError } from '../api/problem.ts'
import { checkMemory, checkSize } from './check-limits.ts'
import { type DecodedFrame, halved, halvingsFor, JPEG_HALVINGS } from './codecs.ts'
import { greyInPlace } from './colour.ts'
import type { DecodeOptions } from './decode-options.ts'
import type { ImageSource } from './image-source.ts'
import { imageOfJpeg } from './jpeg-end.ts'
import { readJpegHeader } from './jpeg-header.ts'
import { jpegMemory } from './jpeg-memory.ts'
import type { RowSink, Samples } from './row-sink.ts'
import { TurningSink } from './turning-sink.ts'

const ACCEPTED: readonly string[] = ['baseline', 'extended', 'progressive']

/**
 * JPEG → grey, turned upright by its EXIF orientation, halved as often as `reduceTo` allows. The header is read here, and the limits are checked, before
 * the codec is loaded.
 */
export async function readJpeg(
  bytes: Uint8Array,
  { limits, codecs, reduceTo }: DecodeOptions,
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
  const { orientation } = header
  const turned = orientation >= 2 && orientation <= 8
  const halvings = halvingsFor(Math.max(width, height), 'jpeg', JPEG_HALVINGS, reduceTo)
  const size = halved(header, halvings)
  const pixels = size.width * size.height
  const waiting = (turned && components === 1 ? 1 : 0) + sink.waiting({ ...size, bits })
  checkMemory(
    bytes.length + jpegMemory(bytes.length, header, halvings) + pixels * waiting,
    'a JPEG of its kind',
    limits,
  )
  const { stream, ended } = imageOfJpeg(bytes, header)
  const frame = await codecs.jpeg(stream, halvings)
  if (frame.width !== size.width || frame.height !== size.height) {
    throw new AppError('image-undecodable', 'the JPEG is damaged: its data and its header differ in size')
  }
  const colour: ImageSource['colour'] = components === 1 ? 'grey' : components === 4 ? 'cmyk' : 'ycbcr'
  const samples = unsigned(frame)
  const { grey, chroma } =
    frame.components === 1 ? { grey: samples, chroma: 0 } : greyInPlace(samples, pixels, bits)
  // What held green and blue has room for the turned image.
  const room = frame.components === 1 ? undefined : samples.subarray(pixels, 2 * pixels)
  const turning = turned ? new TurningSink(orientation, sink, room) : undefined
  const rows = turning ?? sink
  rows.start({ ...size, bits })
  rows.push(grey, 0, size.height)
  turning?.finish()
  frame.release?.()
  return {
    format: 'jpeg',
    width,
    height,
    bits,
    colour,
    alpha: false,
    chroma,
    remarks: ended ? [] : ['end-missing'],
  }
}

function unsigned({ data }: DecodedFrame): Samples {
  if (data instanceof Int16Array) throw new Error('the codec gave signed samples')
  return data
}
