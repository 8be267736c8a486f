import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { deflateSync } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { inflateRows } from '@detl/core/image/png-inflate'
import { readReduced } from '@detl/core/intake/read'
import { AreaReducer } from '@detl/core/preprocess/area-reducer'
import { cxrGrey } from '@detl/core/preprocess/spec'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'

const raster = await codecs.raster!(DEFAULT_LIMITS.maxMemory)
const golden = resolve(import.meta.dirname, '../golden/intake')

/** Bytes that look random, the same for the same seed. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state >> 16
  })
}

/** Rows with a filter byte of each kind, of one pass or two. */
const filtered = fc
  .record({
    pixel: fc.constantFrom(1, 2, 3, 4, 6, 8),
    passes: fc.array(
      fc.record({ pixels: fc.integer({ min: 1, max: 70 }), rows: fc.integer({ min: 1, max: 9 }) }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    seed: fc.integer(),
  })
  .map(({ pixel, passes, seed }) => {
    const sizes = passes.map(({ pixels, rows }) => ({ bytes: pixels * pixel, rows }))
    const rows = sizes.flatMap(({ bytes, rows }, pass) =>
      Array.from({ length: rows }, (_, y) => {
        const row = noise(1 + bytes, seed + 100 * pass + y)
        row[0] = row[0]! % 5
        return row
      }),
    )
    return { pixel, sizes, plain: new Uint8Array(Buffer.concat(rows)) }
  })

/** What core's own rows give. */
async function unfiltered(stream: Uint8Array, sizes: { bytes: number; rows: number }[], pixel: number) {
  const rows: Uint8Array[] = []
  await inflateRows([stream], sizes, pixel, (row) => rows.push(row.slice()))
  return Buffer.concat(rows)
}

describe('PNG rows', () => {
  it('are those of core itself, whatever the filters, the pixels and the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(filtered, fc.integer({ min: 1, max: 300 }), async ({ pixel, sizes, plain }, step) => {
        const stream = new Uint8Array(deflateSync(plain))
        const chunks: Uint8Array[] = []
        for (let at = 0; at < stream.length; at += step) chunks.push(stream.subarray(at, at + step))
        const rows = raster.pngRows(chunks, sizes, pixel, false)!
        expect(Buffer.from(rows.bytes).equals(await unfiltered(stream, sizes, pixel))).toBe(true)
        rows.release()
      }),
      { numRuns: 150 },
    )
  })

  it('of 16 bits are words of this machine', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer(), async (pixels, seed) => {
        const sizes = [{ bytes: 2 * pixels, rows: 5 }]
        const plain = noise(5 * (1 + 2 * pixels), seed)
        for (let y = 0; y < 5; y++) plain[y * (1 + 2 * pixels)] = (y + seed) & 3
        const stream = new Uint8Array(deflateSync(plain))
        const rows = raster.pngRows([stream], sizes, 2, true)!
        const swapped = (await unfiltered(stream, sizes, 2)).swap16()
        expect(Buffer.from(rows.bytes).equals(swapped)).toBe(true)
        rows.release()
      }),
      { numRuns: 60 },
    )
  })

  it.each([1, 15, 16, 17, 5551, 5552, 5553, 30_000, 200_000])('of %i bytes have their checksum', (bytes) => {
    const plain = noise(bytes + 1, bytes).fill(0, 0, 1)
    const stream = new Uint8Array(deflateSync(plain))
    const sizes = [{ bytes, rows: 1 }]
    const rows = raster.pngRows([stream], sizes, 1, false)!
    expect(Buffer.from(rows.bytes).equals(Buffer.from(plain.subarray(1)))).toBe(true)
    rows.release()
    const last = stream.length - 1
    expect(raster.pngRows([stream.with(last, stream[last]! ^ 1)], sizes, 1, false)).toBeUndefined()
  })

  it.each([
    ['cut off', (stream: Uint8Array) => stream.subarray(0, stream.length - 9)],
    ['damaged', (stream: Uint8Array) => stream.with(20, stream[20]! ^ 255)],
    ['of more rows', () => deflateSync(new Uint8Array(100 * 12))],
    ['of fewer rows', () => deflateSync(new Uint8Array(100 * 10))],
    ['with a filter that does not exist', () => deflateSync(new Uint8Array(1100).fill(5, 700, 701))],
    ['of nothing', () => new Uint8Array(0)],
  ])('%s are left to who can say what is wrong', (_, damage) => {
    const stream = new Uint8Array(
      damage(new Uint8Array(deflateSync(noise(1100, 3).map((b, i) => (i % 100 ? b : 0))))),
    )
    expect(raster.pngRows([stream], [{ bytes: 99, rows: 11 }], 1, false)).toBeUndefined()
  })
})

describe('area averages', () => {
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 300 }),
    height: fc.integer({ min: 1, max: 12 }),
    columns: fc.integer({ min: 1, max: 300 }),
    rows: fc.integer({ min: 1, max: 12 }),
    part: fc.constantFrom(0, 0.25, 0.5),
    seed: fc.integer(),
    kind: fc.constantFrom('bytes', 'words', 'levels of bytes', 'levels of words'),
  })

  it('are those of core itself, bit for bit', () => {
    fc.assert(
      fc.property(sizes, ({ width, height, columns, rows, part, seed, kind }) => {
        const source = { width: Math.max(0.75, width - part), height }
        const target = { width: Math.min(columns, Math.ceil(source.width)), height: Math.min(rows, height) }
        if (target.width > source.width) target.width = Math.max(1, Math.floor(source.width))
        const bytes = noise(2 * width * height + 2, seed)
        const samples = kind.endsWith('bytes') ? bytes : new Uint16Array(bytes.buffer)
        const levels = kind.startsWith('levels')
          ? new Uint16Array(noise(2 ** 17, seed + 1).buffer)
          : undefined
        const [here, there] = [new AreaReducer(source, target), new AreaReducer(source, target, raster)]
        for (let y = 0; y < height; y++) {
          here.push(samples, y * width, levels)
          there.push(samples, y * width, levels)
        }
        expect(Buffer.from(there.out.slice().buffer).equals(Buffer.from(here.out.buffer))).toBe(true)
        there.release()
      }),
      { numRuns: 300 },
    )
  })
})

describe('a working image', () => {
  const { raster: _, ...without } = codecs
  const spec = cxrGrey(128)
  it.each(readdirSync(golden).filter((file) => !file.endsWith('.json')))(
    'of %s is the same without it',
    async (file) => {
      const bytes = new Uint8Array(readFileSync(resolve(golden, file)))
      const [here, there] = await Promise.all(
        [without, codecs].map((codecs) => readReduced(bytes, spec, { limits: DEFAULT_LIMITS, codecs })),
      )
      expect(there).toEqual(here)
    },
  )

  it('is the same when many are read at a time', async () => {
    const files = readdirSync(golden).filter((file) => !file.endsWith('.json'))
    const read = (codecs: typeof without) =>
      Promise.all(
        files.map(async (file) => {
          const bytes = new Uint8Array(readFileSync(resolve(golden, file)))
          return (await readReduced(bytes, spec, { limits: DEFAULT_LIMITS, codecs })).working
        }),
      )
    expect(await read(codecs)).toEqual(await read(without))
  })
})

/** Node's types have no WebAssembly that is a value. */
const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: { instantiate(): unknown } }

describe('the memory of the raster', () => {
  it('is used on where there is room for it, and begins anew where there is not and nothing lies in it', async () => {
    const sizes = [{ bytes: 8_000_000, rows: 1 }]
    const stream = new Uint8Array(deflateSync(new Uint8Array(8_000_001)))
    const rows = raster.pngRows([stream], sizes, 1, false)!
    const made = vi.spyOn(wasm, 'instantiate')
    await codecs.raster!(1_000_000)
    expect(made).toHaveBeenCalledTimes(0)
    rows.release()
    await codecs.raster!(100_000_000)
    expect(made).toHaveBeenCalledTimes(0)
    await codecs.raster!(4_000_000)
    expect(made).toHaveBeenCalledTimes(1)
    made.mockRestore()
  })
})
