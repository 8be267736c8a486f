import { AppError } from '../../api/problem.ts'
import type { Codecs } from '../codecs.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import type { PixelHeader } from './header.ts'
import { readJpeg2000Header } from './jpeg2000-header.ts'
import { damaged } from './parse.ts'

type Size = { readonly width: number; readonly height: number; readonly components: number }

/**
 * Reads the codestream's own header and refuses one that differs from the object's in size: a codec allocates by the
 * former, the limits were checked on the latter.
 * @returns the bare codestream (JPEG 2000 files carry it in boxes), and how often a wavelet one can be halved
 */
export function checkCodestream(
  bytes: Uint8Array,
  codec: keyof Codecs,
  header: PixelHeader,
): { stream: Uint8Array; levels: number } {
  const wavelet = codec === 'jpeg2000' || codec === 'htj2k'
  const stream = wavelet ? findCodestream(bytes) : bytes
  const found = wavelet ? readJpeg2000Header(stream) : undefined
  const size: Size = found ?? readJpeg(stream, codec)
  if (size.width !== header.width || size.height !== header.height) {
    throw damaged('its codestream and its header differ in size')
  }
  if (size.components !== 1) {
    throw new AppError('image-unsupported', `DICOM codestream of ${size.components} components; accepted: 1`)
  }
  return { stream, levels: found?.levels ?? 0 }
}

function readJpeg(bytes: Uint8Array, codec: keyof Codecs): Size {
  const header = readJpegHeader(bytes)
  const accepted = {
    jpeg: ['baseline', 'extended', 'progressive'],
    jpegExtended: ['baseline', 'extended'],
  } as const
  const processes: readonly string[] =
    codec === 'jpeg'
      ? accepted.jpeg
      : codec === 'jpegExtended'
        ? accepted.jpegExtended
        : codec === 'jpegLs'
          ? ['jpeg-ls']
          : ['lossless']
  if (!processes.includes(header.process)) {
    throw damaged(`its codestream is ${header.process}, its transfer syntax says ${processes.join(' or ')}`)
  }
  return header
}

/** From the SOC and SIZ markers on (ITU-T T.800 A.5.1), which may lie inside a JP2 file. */
function findCodestream(bytes: Uint8Array): Uint8Array {
  const end = Math.min(bytes.length - 4, 4096)
  for (let at = 0; at <= end; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0x4f && bytes[at + 2] === 0xff && bytes[at + 3] === 0x51) {
      return bytes.subarray(at)
    }
  }
  throw damaged('its JPEG 2000 codestream has no header')
}
