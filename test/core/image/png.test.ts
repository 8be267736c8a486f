import { deflateSync } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { joinBytes } from '@detl/core/base/join-bytes'
import { luma } from '@detl/core/image/colour'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { encodePng } from '@detl/core/image/png-encode'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pngHeader } from '../../support/images.ts'
import { chunk, writePng } from '../../support/png-writer.ts'

const decode = async (bytes: Uint8Array) => decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })

/** Counts the bytes that the runtime's inflater gives out from now on. @returns how many so far */
function countInflated(): () => number {
  let bytes = 0
  const Stock = DecompressionStream
  class Counting {
    readonly readable: ReadableStream<Uint8Array>
    readonly writable: WritableStream
    constructor(format: 'deflate' | 'deflate-raw' | 'gzip') {
      const { readable, writable } = new Stock(format)
      this.writable = writable
      this.readable = readable.pipeThrough(
        new TransformStream({
          transform(piece: Uint8Array, to) {
            bytes += piece.length
            to.enqueue(piece)
          },
        }),
      )
    }
  }
  vi.stubGlobal('DecompressionStream', Counting)
  return () => bytes
}
afterEach(() => {
  vi.unstubAllGlobals()
})

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

  it('that claims 60,000 × 60,000 pixels is refused by its header, whatever follows', async () => {
    await expect(decode(pngHeader(60_000, 60_000))).rejects.toMatchObject({ code: 'image-too-large' })
  })

  it('that inflates beyond its rows, as a bomb does, is read no further than its rows', async () => {
    const bomb = deflateSync(new Uint8Array(100_000_000))
    const header = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 4, 8, 0, 0, 0, 0)
    const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
    const file = joinBytes([
      signature,
      chunk('IHDR', header),
      chunk('IDAT', bomb),
      chunk('IEND', new Uint8Array(0)),
    ])
    const inflated = countInflated()
    const { image } = await decode(file)
    expect(image.data).toHaveLength(16)
    expect(inflated()).toBeGreaterThan(0)
    expect(inflated()).toBeLessThan(1_000_000)
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
