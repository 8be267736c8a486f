import { deflateSync } from 'node:zlib'
import { joinBytes } from '@detl/core/base/join-bytes'
import { crc32 } from '@detl/core/image/png-encode'

export type Png = { width: number; height: number; bits: number; type: number; interlaced?: boolean }
/** Colour types of the specification: samples a pixel. */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** What a sample is, by column, row and channel. */
export type Sample = (x: number, y: number, channel: number) => number

export type PngOptions = {
  /** The row filter; they change from row to row if absent. */
  readonly filter?: number
  /** Number of IDAT chunks; 0 leaves them out, Infinity makes them one byte long. */
  readonly pieces?: number
  /** Compression level of zlib. */
  readonly level?: number
}

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** A PNG by the specification, written sample by sample, with further chunks between header and data. */
export function writePng(
  png: Png,
  sample: Sample,
  extra: readonly Uint8Array[] = [],
  { filter, pieces = 2, level = 6 }: PngOptions = {},
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(13)
  new DataView(header.buffer).setUint32(0, png.width)
  new DataView(header.buffer).setUint32(4, png.height)
  header.set([png.bits, png.type, 0, 0, png.interlaced ? 1 : 0], 8)
  const rows: number[] = []
  for (const [x0, y0, dx, dy] of png.interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    writePass(png, sample, rows, [x0, y0, dx, dy], filter)
  const data = deflateSync(Uint8Array.from(rows), { level })
  const step = Math.max(1, Math.ceil(data.length / pieces))
  const idat: Uint8Array[] = []
  for (let at = 0; pieces > 0 && at < data.length; at += step)
    idat.push(chunk('IDAT', data.subarray(at, at + step)))
  return joinBytes([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    ...extra,
    ...idat,
    chunk('IEND', new Uint8Array(0)),
  ])
}

function writePass(
  { width, height, bits, type }: Png,
  sample: Sample,
  rows: number[],
  [x0, y0, dx, dy]: readonly [number, number, number, number],
  fixed: number | undefined,
) {
  const bytesPerPixel = Math.max(1, (CHANNELS[type]! * bits) >> 3)
  let above: number[] | undefined
  for (let y = y0, n = 0; y < height && x0 < width; y += dy, n++) {
    const row: number[] = []
    let held = 0
    let count = 0
    for (let x = x0; x < width; x += dx) {
      for (let c = 0; c < CHANNELS[type]!; c++) {
        const value = sample(x, y, c)
        if (bits === 16) row.push(value >> 8, value & 255)
        else {
          held = (held << bits) | value
          count += bits
          if (count === 8) row.push(held)
          if (count === 8) held = count = 0
        }
      }
    }
    if (count > 0) row.push(held << (8 - count))
    const filter = fixed ?? n % 5
    rows.push(filter, ...row.map((value, i) => (value - predict(filter, row, above, i, bytesPerPixel)) & 255))
    above = row
  }
}

function predict(filter: number, row: number[], above: number[] | undefined, i: number, bpp: number): number {
  const left = i >= bpp ? row[i - bpp]! : 0
  const up = above?.[i] ?? 0
  const upLeft = i >= bpp ? (above?.[i - bpp] ?? 0) : 0
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  const p = left + up - upLeft
  const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - upLeft)]
  return a <= b && a <= c ? left : b <= c ? up : upLeft
}

export function chunk(name: string, body: Uint8Array): Uint8Array {
  const named = joinBytes([new TextEncoder().encode(name), body])
  const out = new Uint8Array(named.length + 8)
  new DataView(out.buffer).setUint32(0, body.length)
  out.set(named, 4)
  new DataView(out.buffer).setUint32(4 + named.length, crc32(named))
  return out
}
