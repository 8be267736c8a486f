import { deflateSync } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { luma } from '@detl/core/image/colour'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { crc32, encodePng } from '@detl/core/image/png-encode'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { join } from '../../support/dicom-writer.ts'
import { pngHeader } from '../../support/images.ts'

const decode = async (bytes: Uint8Array) => decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })

type Png = { width: number; height: number; bits: number; type: number; interlaced?: boolean }
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

/** A PNG by the specification, written sample by sample; row filters change from row to row. */
function writePng(
  png: Png,
  sample: (x: number, y: number, channel: number) => number,
  extra: Uint8Array[] = [],
) {
  const header = new Uint8Array(13)
  new DataView(header.buffer).setUint32(0, png.width)
  new DataView(header.buffer).setUint32(4, png.height)
  header.set([png.bits, png.type, 0, 0, png.interlaced ? 1 : 0], 8)
  const rows: number[] = []
  for (const [x0, y0, dx, dy] of png.interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    writePass(png, sample, rows, x0, y0, dx, dy)
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  const data = deflateSync(Uint8Array.from(rows))
  const half = data.length >> 1 // IDAT may be split anywhere
  return join([
    signature,
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', data.subarray(0, half)),
    chunk('IDAT', data.subarray(half)),
    chunk('IEND', new Uint8Array(0)),
  ])
}

function writePass(
  { width, height, bits, type }: Png,
  sample: (x: number, y: number, channel: number) => number,
  rows: number[],
  x0: number,
  y0: number,
  dx: number,
  dy: number,
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
    const filter = n % 5
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

function chunk(name: string, body: Uint8Array): Uint8Array {
  const named = join([new TextEncoder().encode(name), body])
  const out = new Uint8Array(named.length + 8)
  new DataView(out.buffer).setUint32(0, body.length)
  out.set(named, 4)
  new DataView(out.buffer).setUint32(4 + named.length, crc32(named))
  return out
}

describe('PNG', () => {
  const kinds = [0, 2, 3, 4, 6].flatMap((type) =>
    [1, 2, 4, 8, 16]
      .filter((bits) => (type === 0 ? true : type === 3 ? bits <= 8 : bits >= 8))
      .flatMap((bits) => [false, true].map((interlaced) => ({ type, bits, interlaced }))),
  )

  it.each(kinds)(
    'of colour type $type, $bits bits, interlaced $interlaced gives its samples',
    async (kind) => {
      const width = 13
      const height = 11
      const max = 2 ** kind.bits - 1
      const alphaChannel = kind.type === 4 ? 1 : kind.type === 6 ? 3 : -1
      const sample = (x: number, y: number, c: number) =>
        c === alphaChannel ? max : (x * 7 + y * 31 + c * 50) % (max + 1)
      const palette = Uint8Array.from({ length: 768 }, (_, i) => (i * 37) % 256)
      const extra = kind.type === 3 ? [chunk('PLTE', palette.subarray(0, 3 * (max + 1)))] : []
      const { image, source } = await decode(writePng({ width, height, ...kind }, sample, extra))
      expect(image.bits).toBe(kind.type === 3 ? 8 : kind.bits)
      expect(source.alpha).toBe(alphaChannel >= 0)
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [r, g, b] = [0, 1, 2].map((c) => {
            if (kind.type === 3) return palette[3 * sample(x, y, 0) + c]!
            return sample(x, y, kind.type === 2 || kind.type === 6 ? c : 0)
          }) as [number, number, number]
          expect(image.data[y * width + x]).toBe(luma(r, g, b))
        }
      }
    },
  )

  it('lays transparency over black', async () => {
    const half = (_x: number, _y: number, c: number) => (c === 1 ? 128 : 200)
    const { image } = await decode(writePng({ width: 2, height: 2, bits: 8, type: 4 }, half))
    expect([...image.data]).toEqual([100, 100, 100, 100])
    const key = chunk('tRNS', Uint8Array.of(0, 200))
    const keyed = await decode(
      writePng({ width: 2, height: 1, bits: 8, type: 0 }, (x) => (x === 0 ? 200 : 199), [key]),
    )
    expect([...keyed.image.data]).toEqual([0, 199])
  })

  it('is what encodePng wrote, 8 and 16 bits', async () => {
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 20 }),
      height: fc.integer({ min: 1, max: 20 }),
    })
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), fc.infiniteStream(fc.nat(65535)), async (size, wide, values) => {
        const length = size.width * size.height
        const data = wide
          ? Uint16Array.from({ length }, () => values.next().value!)
          : Uint8Array.from({ length }, () => values.next().value!)
        const { image } = await decode(await encodePng({ ...size, channels: 1, data }))
        expect([...image.data]).toEqual([...data])
      }),
      { numRuns: 50 },
    )
  })

  it('that claims 60,000 × 60,000 pixels is refused at once', async () => {
    const start = performance.now()
    await expect(decode(pngHeader(60_000, 60_000))).rejects.toMatchObject({ code: 'image-too-large' })
    expect(performance.now() - start).toBeLessThan(50)
  })

  it('that inflates beyond its rows, as a bomb does, is read no further than its rows', async () => {
    const bomb = deflateSync(new Uint8Array(100_000_000))
    const header = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 4, 8, 0, 0, 0, 0)
    const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
    const file = join([
      signature,
      chunk('IHDR', header),
      chunk('IDAT', bomb),
      chunk('IEND', new Uint8Array(0)),
    ])
    const start = performance.now()
    const { image } = await decode(file)
    expect(image.data).toHaveLength(16)
    expect(performance.now() - start).toBeLessThan(100)
  })

  it.each([
    ['cut in its data', (file: Uint8Array) => file.subarray(0, file.length - 30)],
    ['with a changed byte in its data', (file: Uint8Array) => file.with(60, file[60]! ^ 1)],
    ['of text', () => new TextEncoder().encode('patient: none')],
    ['of no bytes', () => new Uint8Array(0)],
  ])('%s is refused by its code', async (name, damage) => {
    const file = writePng({ width: 30, height: 30, bits: 8, type: 0 }, (x, y) => (x * y) % 256)
    const code = /text/.test(name)
      ? 'image-unsupported'
      : /no bytes/.test(name)
        ? 'image-missing'
        : 'image-undecodable'
    await expect(decode(damage(file))).rejects.toMatchObject({ code })
  })
})
