import { AppError } from '../api/problem.ts'
import { checkSize } from './check-limits.ts'
import { orientationOf } from './exif.ts'
import type { ImageSource } from './image-source.ts'
import type { ImageLimits } from './limits.ts'
import { crc32 } from './png-encode.ts'

/** Colour types of the PNG specification (third edition), table 9: samples a pixel and bit depths allowed. */
export const COLOUR_TYPES: Record<
  number,
  { colour: ImageSource['colour']; alpha: boolean; channels: number; depths: number[] }
> = {
  0: { colour: 'grey', alpha: false, channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { colour: 'rgb', alpha: false, channels: 3, depths: [8, 16] },
  3: { colour: 'palette', alpha: false, channels: 1, depths: [1, 2, 4, 8] },
  4: { colour: 'grey', alpha: true, channels: 2, depths: [8, 16] },
  6: { colour: 'rgb', alpha: true, channels: 4, depths: [8, 16] },
}

/** Usual chunks have 8 KB or more: 64 MB are 8,192 of them. */
const MAX_CHUNKS = 65_536

/** What a PNG's chunks say, its size held against the limits; the bodies of IDAT are left as they are. */
export function readChunks(bytes: Uint8Array, limits: ImageLimits) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data: Uint8Array[] = []
  let header: { width: number; height: number; bits: number; type: number; interlaced: boolean } | undefined
  let palette: Uint8Array | undefined
  let transparency: Uint8Array | undefined
  let orientation = 1
  let chunks = 0
  let ended = false
  // Where chunks end early, the rows tell whether the data are all there.
  for (let at = 8; at + 8 <= bytes.length; ) {
    if (++chunks > MAX_CHUNKS)
      throw new AppError('image-too-large', `a PNG of more than ${MAX_CHUNKS} chunks`)
    const length = view.getUint32(at)
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const body = bytes.subarray(at + 8, at + 8 + length)
    if (header === undefined && name !== 'IHDR') throw damaged('its first chunk is not the header')
    if (name === 'IHDR') {
      if (length !== 13 || body.length < 13 || at + 25 > bytes.length)
        throw damaged('its header has a wrong length')
      header = readHeader(new DataView(body.buffer, body.byteOffset, 13))
      checkSize(header.width, header.height, limits)
      if (crc32(bytes.subarray(at + 4, at + 21)) !== view.getUint32(at + 21)) {
        throw damaged('the checksum of its header is wrong')
      }
    } else if (name === 'PLTE') palette = body
    else if (name === 'tRNS') transparency = body
    else if (name === 'IDAT') data.push(body)
    else if (name === 'eXIf') orientation = orientationOf(body) ?? orientation
    else if (name === 'IEND') {
      ended = true
      break
    } else if (data.length === 0 && (bytes[at + 4]! & 32) === 0)
      throw damaged('a critical chunk of it is unknown')
    at += 12 + length
  }
  if (header === undefined || data.length === 0) throw damaged('it has no image data')
  if (header.type === 3 && palette === undefined) throw damaged('its palette is missing')
  return { ...header, palette, transparency, data, orientation, ended }
}

function readHeader(view: DataView) {
  const [bits, type, compression, filter, interlace] = [8, 9, 10, 11, 12].map((at) => view.getUint8(at)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (!COLOUR_TYPES[type]?.depths.includes(bits))
    throw damaged(`colour type ${type} with ${bits} bits does not exist`)
  if (compression !== 0 || filter !== 0 || interlace > 1) throw damaged('its header names an unknown method')
  return { width: view.getUint32(0), height: view.getUint32(4), bits, type, interlaced: interlace === 1 }
}

const damaged = (what: string) => new AppError('image-undecodable', `the PNG is damaged: ${what}`)
