import { AppError } from '../../api/problem.ts'
import type { Codecs } from '../codecs.ts'
import { readJpegHeader } from '../jpeg-header.ts'
import type { PixelHeader } from './header.ts'
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
  const size = wavelet ? readSiz(stream) : readJpeg(stream, codec)
  if (size.width !== header.width || size.height !== header.height) {
    throw damaged('its codestream and its header differ in size')
  }
  if (size.components !== 1) {
    throw new AppError('image-unsupported', `DICOM codestream of ${size.components} components; accepted: 1`)
  }
  return { stream, levels: wavelet ? readLevels(stream) : 0 }
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

/**
 * SIZ marker segment (A.5.1), with what the standard and DICOM demand of it for one component: decoders run for ever on
 * some headers that break these rules.
 */
function readSiz(bytes: Uint8Array): Size {
  if (bytes.length < 45) throw damaged('its JPEG 2000 header is incomplete')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const axis = (at: number) => {
    const [end, from, tile, tileFrom] = [at, at + 8, at + 16, at + 24].map((p) => view.getUint32(p)) as [
      number,
      number,
      number,
      number,
    ]
    if (from >= end || tile === 0 || tileFrom > from || tileFrom + tile <= from) {
      throw damaged('its JPEG 2000 tiles do not cover the image')
    }
    return { length: end - from, tiles: Math.ceil((end - tileFrom) / tile) }
  }
  const [x, y] = [axis(8), axis(12)]
  if (x.tiles * y.tiles > 65535) throw damaged('too many JPEG 2000 tiles')
  const components = view.getUint16(40)
  if (components === 1 && ((bytes[42]! & 127) >= 16 || bytes[43] !== 1 || bytes[44] !== 1)) {
    throw damaged('its JPEG 2000 component is subsampled or deeper than 16 bits')
  }
  return { width: x.length, height: y.length, components }
}

/** Decomposition levels, from the COD marker segment of the main header (A.6.1), whose values are checked. */
function readLevels(bytes: Uint8Array): number {
  for (let at = 2; at + 13 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]
    if (marker === 0x52) {
      const [levels, blockWidth, blockHeight] = [bytes[at + 9]!, bytes[at + 10]!, bytes[at + 11]!]
      // Code blocks: 2^(n + 2) a side, at most 1,024, and 4,096 samples in all (table A.18).
      if (levels > 32 || blockWidth > 8 || blockHeight > 8 || blockWidth + blockHeight > 8) {
        throw damaged('its JPEG 2000 coding style does not exist')
      }
      return levels
    }
    if (marker === 0x90) break // the first tile
    at += 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)
  }
  throw damaged('its JPEG 2000 header has no coding style')
}
