import { AppError } from '../../api/problem.ts'
import type { Codecs } from '../codecs.ts'
import { imageOfJpeg } from '../jpeg-end.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import type { JpegHeader } from '../jpeg-info.ts'
import { isCodestream } from './codestream-start.ts'
import { damaged } from './damaged.ts'
import { endOfJpeg2000, isHighThroughput, readJpeg2000Header } from './jpeg2000-header.ts'
import type { PixelHeader } from './pixel-header.ts'

export type Codestream = {
  /** By what the codestream says of itself, whatever the transfer syntax is. */
  readonly codec: keyof Codecs
  /** Without boxes around it, and with an end marker. */
  readonly stream: Uint8Array
  /** How often a wavelet one can be halved. */
  readonly levels: number
  /** Whether it had its end marker. */
  readonly ended: boolean
}

/**
 * Reads the codestream's own header and refuses one that differs from the object's in size: a codec allocates by the
 * former, the limits were checked on the latter.
 * @param components that the object has
 * @returns undefined if the bytes are none
 */
export function readCodestream(
  bytes: Uint8Array,
  header: Pick<PixelHeader, 'width' | 'height'>,
  components = 1,
): Codestream | undefined {
  const wavelet = findWavelet(bytes)
  if (wavelet !== undefined) {
    const found = readJpeg2000Header(wavelet)
    checkAgainst({ ...header, components }, found)
    const codec = isHighThroughput(wavelet) ? 'htj2k' : 'jpeg2000'
    return { codec, ...endOfJpeg2000(wavelet, found.end), levels: found.levels }
  }
  if (!isCodestream(bytes)) return undefined
  const found = readJpegHeader(bytes)
  checkAgainst({ ...header, components }, found)
  return { codec: codecOfJpeg(found), ...imageOfJpeg(bytes, found), levels: 0 }
}

type Size = { readonly width: number; readonly height: number; readonly components: number }

function checkAgainst(header: Size, size: Size): void {
  if (size.width !== header.width || size.height !== header.height) {
    throw damaged('its codestream and its header differ in size')
  }
  if (size.components !== header.components) {
    throw new AppError(
      'image-unsupported',
      `DICOM codestream of ${size.components} components; accepted: ${header.components}`,
    )
  }
}

function codecOfJpeg({ process, bits }: JpegHeader): keyof Codecs {
  if (process === 'lossless') return 'jpegLossless'
  if (process === 'jpeg-ls') return 'jpegLs'
  if (process !== 'other' && bits === 8) return 'jpeg'
  if (process === 'baseline' || process === 'extended') return 'jpegExtended'
  throw new AppError('image-unsupported', `a DICOM codestream of JPEG process ${process} with ${bits} bits`)
}

/** From the SOC and SIZ markers on (ITU-T T.800 A.5.1), which may lie inside a JP2 file. */
function findWavelet(bytes: Uint8Array): Uint8Array | undefined {
  const boxed = String.fromCharCode(...bytes.subarray(4, 8)) === 'jP  '
  const end = boxed ? Math.min(bytes.length - 4, 4096) : 0
  for (let at = 0; at <= end; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff && bytes[at + 3] === 0x51) {
      return bytes.subarray(at)
    }
  }
  return undefined
}
