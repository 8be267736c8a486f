import { joinBytes } from '../base/join-bytes.ts'
import type { JpegHeader } from './jpeg-info.ts'

/** A sample takes 4 bytes at most: 27 bits (T.81 F.1.2), and a zero behind each byte that is 255. */
const MOST_BYTES_A_SAMPLE = 8
const SLACK = 2 ** 16

/**
 * The stream up to its end marker, or with one where it has none: what lies behind the image data does not decide. A scan that is cut off
 * is for the codec to find.
 * @returns `ended`: whether it had its end marker
 */
export function imageOfJpeg(bytes: Uint8Array, header: JpegHeader): { stream: Uint8Array; ended: boolean } {
  if (bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9) return { stream: bytes, ended: true }
  const end = endOfScans(bytes, header)
  if (bytes[end] === 0xff && bytes[end + 1] === 0xd9)
    return { stream: bytes.subarray(0, end + 2), ended: true }
  return { stream: joinBytes([bytes.subarray(0, end), Uint8Array.of(0xff, 0xd9)]), ended: false }
}

/** The first marker behind the scans that is none of theirs; or the end of the bytes, or of as many as the samples can take. */
function endOfScans(
  bytes: Uint8Array,
  { process, scan, width, height, samplesPerPixel, severalScans }: JpegHeader,
): number {
  const most = MOST_BYTES_A_SAMPLE * (width + 16) * (height + 16) * samplesPerPixel + SLACK
  const until = severalScans ? bytes.length : Math.min(bytes.length, scan + most)
  for (let at = scan; at + 1 < until; ) {
    if (bytes[at] !== 0xff) {
      at++
      continue
    }
    const marker = bytes[at + 1]!
    // JPEG-LS puts a bit behind a byte of ones, not a byte (T.87 A.1).
    const stuffed = process === 'jpeg-ls' ? marker < 0x80 : marker === 0
    const ofTheScan = stuffed || (marker >= 0xd0 && marker <= 0xd7)
    if (ofTheScan) at += 2
    else if (marker === 0xff) at++
    else {
      const length = at + 3 < bytes.length ? (bytes[at + 2]! << 8) | bytes[at + 3]! : 0
      if (!hasSegment(marker) || length < 2 || at + 2 + length > bytes.length) return at
      at += 2 + length
    }
  }
  return until
}

/** Tables, the next scan, its number of lines, application data and comments (T.81 table B.1). */
const hasSegment = (marker: number) =>
  marker === 0xc4 ||
  (marker >= 0xda && marker <= 0xdd) ||
  (marker >= 0xe0 && marker <= 0xef) ||
  marker === 0xfe
