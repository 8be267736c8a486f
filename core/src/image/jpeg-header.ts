import { AppError } from '../api/problem.ts'
import { orientationOf } from './exif.ts'
import type { JpegHeader } from './jpeg-info.ts'

const PROCESSES: Record<number, JpegHeader['process']> = {
  192: 'baseline',
  193: 'extended',
  194: 'progressive',
  195: 'lossless',
  247: 'jpeg-ls',
}

/** Segments and fill bytes before the scan: a few dozen are usual. */
const MAX_STEPS = 10_000
/** Ten are usual; four components in all their bits and bands would be some 50. */
const MAX_SCANS = 100

/** The frame header of a JPEG stream (ITU-T T.81, annex B), without looking at its entropy-coded data. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  let frame: Omit<JpegHeader, 'scan' | 'orientation' | 'severalScans'> | undefined
  let orientation = 1
  let steps = 0
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff && ++steps < MAX_STEPS) at++ // fill bytes, B.1.1.2
    if (++steps >= MAX_STEPS) throw damaged('its header does not end')
    const marker = bytes[at + 1]
    if (bytes[at] !== 0xff || marker === undefined) throw damaged('a marker is missing in its header')
    if (marker === 0xd9) throw damaged('it has no image data')
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2
      continue
    }
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (at + 2 + length > bytes.length || length < 2) throw damaged('it ends in its header')
    if (isFrameHeader(marker)) {
      if (length < 8) throw damaged('its frame header is too short')
      frame = {
        process: PROCESSES[marker] ?? 'other',
        bits: bytes[at + 4]!,
        height: (bytes[at + 5]! << 8) | bytes[at + 6]!,
        width: (bytes[at + 7]! << 8) | bytes[at + 8]!,
        components: bytes[at + 9]!,
        samplesPerPixel: samplesPerPixel(bytes.subarray(at + 9, at + 2 + length)),
      }
    } else if (marker === 0xe1)
      orientation = exifOrientation(bytes.subarray(at + 4, at + 2 + length)) ?? orientation
    else if (marker === 0xda) {
      if (!frame) throw damaged('its frame header is missing')
      const scan = at + 2 + length
      const severalScans = frame.process === 'progressive' || bytes[at + 4] !== frame.components
      if (severalScans) checkScans(bytes, scan)
      return { ...frame, orientation, severalScans, scan }
    }
    at += 2 + length
  }
}

/** SOF0–SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS (ITU-T T.87). */
const isFrameHeader = (marker: number) =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) ||
  marker === 0xf7

/** From the number of components on: id, sampling factors (4 bits each) and table of each (B.2.2). */
function samplesPerPixel(body: Uint8Array): number {
  let sum = 0
  let most = 1
  for (let i = 0, at = 2; i < body[0]! && at < body.length; i++, at += 3) {
    const samples = (body[at]! >> 4) * (body[at]! & 15)
    sum += samples
    most = Math.max(most, samples)
  }
  return sum / most
}

/** Of an APP1 segment (CIPA DC-008, section 4.7.2). */
const exifOrientation = (segment: Uint8Array): number | undefined =>
  String.fromCharCode(...segment.subarray(0, 4)) === 'Exif' ? orientationOf(segment.subarray(6)) : undefined

/** A decoder goes through all of an image's coefficients for each scan: 64 MB could hold millions of them. */
function checkScans(bytes: Uint8Array, from: number): void {
  let scans = 1
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xda && ++scans > MAX_SCANS)
      throw damaged(`it has more than ${MAX_SCANS} scans`)
  }
}

const damaged = (what: string) => new AppError('image-undecodable', `the JPEG is damaged: ${what}`)
