import { constants, deflateRawSync, deflateSync, inflateRawSync, inflateSync } from 'node:zlib'
import { inflatePieces } from '@detl/core/image/inflate'
import { InflateInput } from '@detl/core/image/inflate-input'
import { Inflater } from '@detl/core/image/inflater'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** By the inflater that decides where the platform's fails. */
function inflated(chunks: readonly Uint8Array[]) {
  const pieces: Uint8Array[] = []
  const end = new Inflater(new InflateInput(chunks), (piece) => pieces.push(piece.slice()) > 0).run()
  return { end, bytes: Buffer.concat(pieces) }
}

const STRATEGIES = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
]
/** Noise, few levels, a ramp or one value, up to 300 KB: more than a window and a piece. */
const plain = fc
  .record({
    length: fc.integer({ min: 0, max: 300_000 }),
    kind: fc.integer({ min: 0, max: 3 }),
    seed: fc.integer(),
  })
  .map(({ length, kind, seed }) => {
    let state = seed
    return Uint8Array.from({ length }, (_, i) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      return [state >> 16, (state >> 16) & 3, i / 7, 9][kind]!
    })
  })
const compressed = fc
  .record({
    bytes: plain,
    level: fc.integer({ min: 0, max: 9 }),
    strategy: fc.constantFrom(...STRATEGIES),
    step: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 100_000 })),
  })
  .map(({ bytes, level, strategy, step }) => {
    const data = new Uint8Array(deflateRawSync(bytes, { level, strategy }))
    const chunks: Uint8Array[] = []
    for (let at = 0; at < data.length; at += step) chunks.push(data.subarray(at, at + step))
    return { bytes, data, chunks }
  })

describe('our own inflater', () => {
  it('gives what was deflated, however it is cut into chunks and whatever lies behind', () => {
    fc.assert(
      fc.property(compressed, fc.uint8Array({ maxLength: 40 }), ({ bytes, chunks }, behind) => {
        const { end, bytes: out } = inflated([...chunks, behind])
        expect(end).toBe('whole')
        expect(out.equals(bytes)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('agrees with zlib on damaged streams', () => {
    const change = fc.record({ at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }), cut: fc.boolean() })
    let sound = 0
    fc.assert(
      fc.property(compressed, fc.array(change, { minLength: 20, maxLength: 20 }), ({ data }, changes) => {
        for (const { at, bit, cut } of changes) {
          const damaged = data.slice(0, cut ? at % data.length : data.length)
          if (!cut) damaged[at % data.length]! ^= 1 << bit
          const { end, bytes } = inflated([damaged])
          const theirs = zlib(damaged)
          expect(end === 'whole').toBe(theirs !== undefined)
          if (theirs !== undefined) {
            sound++
            expect(bytes.equals(theirs)).toBe(true)
          }
        }
      }),
      { numRuns: 40, seed: 16 },
    )
    expect(sound).toBeGreaterThan(0) // some damage is still a stream
  })
})

function zlib(bytes: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(bytes)
  } catch {
    return undefined
  }
}

describe('inflating', () => {
  const bytes = Uint8Array.from({ length: 400_000 }, (_, i) => (i * i) >> 7)
  const pieces = async (stream: Uint8Array, format: 'deflate' | 'deflate-raw') => {
    const out: Uint8Array[] = []
    const end = await inflatePieces([stream], format, (piece) => out.push(piece.slice()) > 0)
    return { end, bytes: Buffer.concat(out) }
  }

  it.each(['deflate', 'deflate-raw'] as const)('%s: says how the stream ended', async (format) => {
    const stream = new Uint8Array(format === 'deflate' ? deflateSync(bytes) : deflateRawSync(bytes))
    const whole = await pieces(stream, format)
    expect(whole.end).toBe('whole')
    expect(whole.bytes.equals(bytes)).toBe(true)
    const behind = await pieces(Uint8Array.from([...stream, 0]), format)
    expect(behind.end).toBe('whole')
    expect(behind.bytes.equals(bytes)).toBe(true)
    const cut = await pieces(stream.subarray(0, stream.length - 200), format)
    expect(cut.end).toBe('early')
    expect(cut.bytes.length).toBeGreaterThan(300_000)
    expect(cut.bytes.equals(bytes.subarray(0, cut.bytes.length))).toBe(true)
  })

  it('tells a wrong checksum from a missing one', async () => {
    const stream = new Uint8Array(deflateSync(bytes))
    expect((await pieces(stream.subarray(0, stream.length - 1), 'deflate')).end).toBe('early')
    const wrong = stream.with(stream.length - 1, stream.at(-1)! ^ 1)
    expect((await pieces(wrong, 'deflate')).end).toBe('checksum')
    expect(() => inflateSync(wrong)).toThrow()
    expect((await pieces(Uint8Array.of(0x78, 0x9d, 3, 0), 'deflate')).end).toBe('early') // no header of zlib
  })
})
