import { halved } from './codecs.ts'
import type { JpegHeader } from './jpeg-info.ts'

/**
 * Bytes that decoding holds beside the file: its copy, the pixels, rows of blocks, and coefficients of 2 bytes where the whole
 * image's must be kept.
 */
export function jpegMemory(fileBytes: number, header: JpegHeader, halvings: number): number {
  const { width, height, components, samplesPerPixel, severalScans } = header
  const size = halved(header, halvings)
  const frame = size.width * size.height * (components === 1 ? 1 : 3)
  const coefficients = severalScans ? 2 * samplesPerPixel * width * height : 0
  return 2 ** 21 + 1.2 * (fileBytes + frame + coefficients + 64 * components * width)
}
