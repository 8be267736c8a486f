import { damaged } from './damaged.ts'

/**
 * RLE Lossless (PS3.5 annex G): one PackBits segment for each byte plane, the most significant first.
 * @returns little-endian cells, pixels × bytesPerCell
 */
export function decodeRle(bytes: Uint8Array, pixels: number, bytesPerCell: number): Uint8Array<ArrayBuffer> {
  if (bytes.length < 64) throw damaged('its RLE header is incomplete')
  const header = new DataView(bytes.buffer, bytes.byteOffset, 64)
  const segments = header.getUint32(0, true)
  if (segments !== bytesPerCell) throw damaged(`${segments} RLE segments where ${bytesPerCell} belong`)
  const out = new Uint8Array(pixels * bytesPerCell)
  for (let s = 0; s < segments; s++) {
    const from = header.getUint32(4 + 4 * s, true)
    const to = s + 1 < segments ? header.getUint32(8 + 4 * s, true) : bytes.length
    if (from < 64 || to < from || to > bytes.length) throw damaged('its RLE segments lie outside the data')
    unpack(bytes.subarray(from, to), out, bytesPerCell - 1 - s, bytesPerCell, pixels)
  }
  return out
}

/** Whether bytes begin as RLE data of such cells do: the number of segments, and the first one behind the header. */
export function isRle(bytes: Uint8Array, bytesPerCell: number): boolean {
  if (bytes.length < 64) return false
  const header = new DataView(bytes.buffer, bytes.byteOffset, 64)
  return header.getUint32(0, true) === bytesPerCell && header.getUint32(4, true) === 64
}

/** PackBits: n ≥ 0 copies n + 1 bytes, n < 0 repeats one byte 1 − n times, −128 is nothing. */
function unpack(packed: Uint8Array, out: Uint8Array, start: number, step: number, count: number): void {
  let to = start
  const end = start + step * count
  let at = 0
  while (to < end) {
    if (at >= packed.length) throw damaged('an RLE segment ends early')
    const n = packed[at++]!
    if (n < 128) {
      const run = Math.min(n + 1, (end - to) / step)
      if (at + run > packed.length) throw damaged('an RLE segment ends early')
      for (let i = 0; i < run; i++, to += step) out[to] = packed[at + i]!
      at += n + 1
    } else if (n > 128) {
      const value = packed[at++]
      if (value === undefined) throw damaged('an RLE segment ends early')
      for (let i = 257 - n; i > 0 && to < end; i--, to += step) out[to] = value
    }
  }
}
