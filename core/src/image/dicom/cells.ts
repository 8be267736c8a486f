import type { PixelHeader } from './pixel-header.ts'

/** Little-endian bytes → one unsigned number a cell. */
export const cellsOfBytes = (bytes: Uint8Array, bitsAllocated: number): Uint8Array | Uint16Array =>
  bitsAllocated === 16 ? words(bytes) : bytes

/** Samples that a codec gave → one unsigned number a cell: negative ones as their two's complement. */
export const cellsOfSamples = (samples: Uint8Array | Uint16Array | Int16Array): Uint8Array | Uint16Array =>
  samples instanceof Int16Array
    ? new Uint16Array(samples.buffer, samples.byteOffset, samples.length)
    : samples

/**
 * Pixel cells → stored values: the bits below `highBit` that belong to the image, sign-extended. Overlays in the bits
 * above are dropped (PS3.5 section 8.1.1).
 */
export function storedValues(
  samples: Uint8Array | Uint16Array,
  header: Pick<PixelHeader, 'bitsStored' | 'highBit' | 'signed'>,
): Uint16Array | Int16Array {
  const { bitsStored, highBit, signed } = header
  const shift = highBit + 1 - bitsStored
  if (signed) {
    const out = new Int16Array(samples.length)
    const up = 32 - highBit - 1
    for (let i = 0; i < out.length; i++) out[i] = (samples[i]! << up) >> (up + shift)
    return out
  }
  const mask = 2 ** bitsStored - 1
  if (samples instanceof Uint16Array && shift === 0 && bitsStored === 16) return samples
  const out = new Uint16Array(samples.length)
  for (let i = 0; i < out.length; i++) out[i] = (samples[i]! >> shift) & mask
  return out
}

/** Little-endian bytes → 16-bit words, whatever the alignment of the view and the byte order of the machine. */
function words(bytes: Uint8Array): Uint16Array {
  const count = bytes.length >> 1
  if (LITTLE_ENDIAN && bytes.byteOffset % 2 === 0)
    return new Uint16Array(bytes.buffer, bytes.byteOffset, count)
  if (LITTLE_ENDIAN) return new Uint16Array(bytes.slice(0, 2 * count).buffer)
  const out = new Uint16Array(count)
  for (let i = 0; i < count; i++) out[i] = bytes[2 * i]! | (bytes[2 * i + 1]! << 8)
  return out
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Swaps the bytes of each 16-bit word: big-endian cells, and 8-bit cells that were written as words. */
export function swapWords(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length)
  for (let i = 0; i + 1 < bytes.length; i += 2) {
    out[i] = bytes[i + 1]!
    out[i + 1] = bytes[i]!
  }
  return out
}
