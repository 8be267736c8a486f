/**
 * The images of PngSuite (W. van Schaik), made anew from its description: colour types and depths, sizes, filters, ancillary chunks, chunk
 * orders, compression levels, and files that are no PNG. libpng, through sharp, is the reference.
 */
import { deflateSync } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { luma } from '@detl/core/image/colour'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { chunk, type Png, type PngOptions, writePng } from '../../support/png-writer.ts'

const decode = async (bytes: Uint8Array) =>
  (await decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })).image

const text = (value: string) => new TextEncoder().encode(value)
/** Big-endian numbers of 16 and 32 bits. */
const words = (...values: number[]) => Uint8Array.from(values.flatMap((value) => [value >> 8, value & 255]))
const longs = (...values: number[]) => words(...values.flatMap((value) => [value >>> 16, value & 0xffff]))

/** `0g04`: colour type, letter, depth, as in the names of the suite. */
function kind(code: string, width = 32, height = 32, interlaced = false): Png {
  return { width, height, type: Number(code[0]), bits: Number(code.slice(2)), interlaced }
}
const CODES = [
  '0g01',
  '0g02',
  '0g04',
  '0g08',
  '0g16',
  '2c08',
  '2c16',
  '3p01',
  '3p02',
  '3p04',
  '3p08',
  '4a08',
  '4a16',
  '6a08',
  '6a16',
]

const palette = (bits: number) =>
  chunk(
    'PLTE',
    Uint8Array.from({ length: 3 * 2 ** bits }, (_, i) => (i * 67 + 13) % 256),
  )

/** Ramps and steps over the whole range, alpha too. */
function make(png: Png, extra: readonly Uint8Array[] = [], options: PngOptions = {}) {
  const max = 2 ** png.bits - 1
  const sample = (x: number, y: number, c: number) =>
    Math.floor(((((x + 1) * (c + 3) * 911 + y * y * 577 + c * 4099) % 4096) / 4096) * (max + 1))
  return writePng(png, sample, [...(png.type === 3 ? [palette(png.bits)] : []), ...extra], options)
}

/** Grey of libpng's pixels by the rules of this project: luma, laid over black. */
async function byLibpng(file: Uint8Array, bits: number) {
  const wide = bits === 16
  const image = sharp(file)
  const { data, info } = await image
    .toColourspace(wide ? 'rgb16' : 'srgb') // grey spaces would lose transparency
    .raw(wide ? { depth: 'ushort' } : {})
    .toBuffer({ resolveWithObject: true })
  const samples = wide ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data
  const max = wide ? 65535 : 255
  return Array.from({ length: info.width * info.height }, (_, i) => {
    const at = i * info.channels
    const [r, g, b] = [0, 1, 2].map((c) => samples[at + c]!) as [number, number, number]
    const alpha = info.channels > 3 ? samples[at + 3]! : max
    return Math.round((luma(r, g, b) * alpha) / max)
  })
}

/** Both decoders on one file; depths below 8 are compared on libpng's 8-bit scale. */
async function compare(file: Uint8Array, { bits, type }: Png) {
  const { data } = await decode(file)
  const scale = bits < 8 && type !== 3 ? 255 / (2 ** bits - 1) : 1
  expect(Array.from(data, (value) => value * scale)).toEqual(await byLibpng(file, bits))
}

describe('the images of PngSuite decode as by libpng', () => {
  it.each(CODES)('basic formats, straight and interlaced: %s', async (code) => {
    for (const interlaced of [false, true]) {
      const png = kind(code, 32, 32, interlaced)
      await compare(make(png), png)
    }
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 32, 33, 34, 35, 36, 37, 38, 39, 40])('odd sizes: %i', async (side) => {
    for (const interlaced of [false, true]) {
      for (const code of ['3p01', '3p04', '0g16']) {
        const png = kind(code, side, side, interlaced)
        await compare(make(png), png)
      }
    }
    const flat = kind('0g08', side, 1, true)
    await compare(make(flat), flat)
  })

  it.each([0, 1, 2, 3, 4])('filter %i, for pixels of 1 to 8 bytes', async (filter) => {
    for (const code of ['0g04', '0g08', '2c08', '0g16', '4a16', '2c16', '6a16']) {
      const png = kind(code, 33, 31)
      await compare(make(png, [], { filter }), png)
    }
  })

  it.each([
    ['tbbn0g04', '0g04', [words(10)]],
    ['tp1n0g08', '0g08', [words(170)]],
    ['tbwn0g16', '0g16', [words(43728)]],
    ['tbrn2c08', '2c08', [words(170, 227, 29)]],
    ['tbgn2c16', '2c16', [words(43728, 58352, 7440)]],
    ['tbbn3p08', '3p08', [Uint8Array.from({ length: 256 }, (_, i) => i)]],
    ['tm3n3p02', '3p02', [Uint8Array.of(0, 85, 170)]],
  ] as const)('transparency: %s', async (_, code, [key]) => {
    const png = kind(code)
    const file = make(png, [chunk('tRNS', key)])
    await compare(file, png)
    expect([...(await decode(file)).data]).not.toEqual([...(await decode(make(png))).data]) // the key occurs
  })

  it.each([
    [
      'gamma',
      [0.35, 0.45, 0.55, 0.7, 1, 2.5].map((gamma) => chunk('gAMA', longs(Math.round(gamma * 100_000)))),
    ],
    ['significant bits', [chunk('sBIT', Uint8Array.of(3))]],
    ['background', [chunk('bKGD', words(11))]],
    ['physical size', [chunk('pHYs', Uint8Array.from([...longs(1000, 4000), 1]))]],
    ['chromaticities', [chunk('cHRM', longs(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))]],
    ['time', [chunk('tIME', Uint8Array.of(7, 208, 1, 1, 12, 34, 56))]],
    [
      'text',
      [
        chunk('tEXt', text('Title\0PngSuite')),
        chunk('zTXt', Uint8Array.from([...text('Author\0\0'), ...deflateSync(text('nobody'))])),
        chunk('iTXt', text('Title\0\0\0fi\0Otsikko\0PngSuite')),
      ],
    ],
    ['suggested palette', [chunk('sPLT', Uint8Array.from([...text('six\0'), 8, 1, 2, 3, 255, 0, 9]))]],
    ['Exif', [chunk('eXIf', Uint8Array.of(0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0))]],
    ['a private chunk', [chunk('prIv', text('whatever'))]],
  ])('ancillary chunks change nothing: %s', async (_, chunks) => {
    for (const code of ['0g08', '0g16'] as const) {
      const png = kind(code)
      const plain = [...(await decode(make(png))).data]
      for (const one of chunks) expect([...(await decode(make(png, [one]))).data]).toEqual(plain)
    }
  })

  it('a palette and a histogram beside true colour', async () => {
    const png = kind('2c08')
    const plain = make(png)
    const also = make(png, [palette(8), chunk('hIST', words(...Array(256).fill(1)))])
    await compare(also, png)
    expect([...(await decode(also)).data]).toEqual([...(await decode(plain)).data])
  })

  it.each([1, 2, 4, Number.POSITIVE_INFINITY])(
    'data in %d chunks, and compressed at every level',
    async (pieces) => {
      for (const code of ['0g16', '2c16']) {
        const png = kind(code)
        for (const level of [0, 3, 6, 9]) await compare(make(png, [], { pieces, level }), png)
      }
    },
  )
})

describe('the broken files of PngSuite are refused', () => {
  const good = make(kind('0g08'))
  /** Byte 24 of a file is its depth, byte 25 its colour type; the header's checksum is made to fit. */
  const header = (bits: number, type: number) => {
    const body = good.slice(16, 29)
    body.set([bits, type], 8)
    return Uint8Array.from([...good.subarray(0, 8), ...chunk('IHDR', body), ...good.subarray(33)])
  }
  const unsupported = 'image-unsupported'
  const undecodable = 'image-undecodable'
  it.each([
    ['xs1: the first byte without its top bit', good.with(0, 0x09), unsupported],
    ['xs2: a Q for the P', good.with(1, 0x51), unsupported],
    ['xs4: the letters in lower case', good.with(3, 0x67), unsupported],
    ['xs7: a space for control-Z', good.with(6, 0x20), unsupported],
    [
      'xcr: line ends made CR LF',
      Uint8Array.from([...good.subarray(0, 5), 13, ...good.subarray(5)]),
      unsupported,
    ],
    ['xlf: line ends made LF', Uint8Array.from([...good.subarray(0, 4), ...good.subarray(5)]), unsupported],
    ['xhd: a wrong checksum of the header', good.with(29, good[29]! ^ 1), undecodable],
    ['xc1: colour type 1', header(8, 1), undecodable],
    ['xc9: colour type 9', header(8, 9), undecodable],
    ['xd0: depth 0', header(0, 0), undecodable],
    ['xd3: depth 3', header(3, 0), undecodable],
    ['xd9: depth 99', header(99, 0), undecodable],
    ['xdt: no data', make(kind('0g08'), [], { pieces: 0 }), undecodable],
    ['a palette image without its palette', make(kind('3p08')).fill(0x70, 37, 38), undecodable],
    ['an unknown critical chunk', make(kind('0g08'), [chunk('CgBI', new Uint8Array(4))]), undecodable],
  ])('%s', async (_, file, code) => {
    await expect(decode(file)).rejects.toMatchObject({ code })
    await expect(sharp(file).raw().toBuffer()).rejects.toThrow()
  })

  it('xcs: a wrong checksum of the data, whose own checksum (Adler-32) decides', async () => {
    const data = good.length - 12 - 1 // the last byte of the last IDAT's CRC
    expect([...(await decode(good.with(data, good[data]! ^ 1))).data]).toEqual([...(await decode(good)).data])
    const body = good.length - 12 - 4 - 6 // inside the data
    await expect(decode(good.with(body, good[body]! ^ 1))).rejects.toMatchObject({ code: undecodable })
  })
})
