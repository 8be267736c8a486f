import { AppError } from '../api/problem.ts'
import { checkSize } from './check-limits.ts'
import type { Codecs } from './codecs.ts'
import { greyFromRgb } from './colour.ts'
import type { DecodedImage, ImageSource } from './decode.ts'
import { readJpegHeader } from './jpeg-header.ts'
import type { ImageLimits } from './limits.ts'
import { orient } from './orient.ts'

const ACCEPTED: readonly string[] = ['baseline', 'extended', 'progressive']

/**
 * JPEG → grey, turned upright by its EXIF orientation. The header is read here, and the limits are checked, before
 * the codec is loaded.
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  limits: ImageLimits,
  codecs: Codecs,
): Promise<DecodedImage> {
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
  const frame = await (components === 4 ? codecs.jpegCmyk(bytes) : codecs.jpeg(bytes))
  if (frame.width !== width || frame.height !== height) {
    throw new AppError('image-undecodable', 'the JPEG is damaged: its data and its header differ in size')
  }
  const colour: ImageSource['colour'] = components === 1 ? 'grey' : components === 4 ? 'cmyk' : 'ycbcr'
  const { data, chroma } =
    frame.components === 1
      ? { data: new Uint16Array(frame.data), chroma: 0 }
      : greyFromRgb(frame.data, width * height, 8)
  return {
    image: orient({ width, height, bits, data }, header.orientation),
    source: { format: 'jpeg', width, height, bits, colour, alpha: false, chroma },
  }
}
