import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { decodeImage } from '@detl/core/image/decode'
import type { ImageLimits } from '@detl/core/image/limits'
import fc from 'fast-check'

const folder = resolve(import.meta.dirname, '../golden/intake')

/** The undamaged corpus: one small file of every format and transfer syntax. */
export const corpus = readdirSync(folder)
  .filter((file) => !/^large[-.]|\.json$/.test(file))
  .sort()
  .map((file) => ({ file, bytes: new Uint8Array(readFileSync(resolve(folder, file))) }))

/** One way of damaging a file. Positions are shares of its length; those near 0 hit headers, so they are preferred. */
const millionths = (most: number) => fc.noBias(fc.integer({ min: 0, max: most })).map((n) => n / 1e6)
const position = fc.oneof(millionths(40_000), millionths(999_999))
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: position, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('flip' as const), at: position, value: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: position, value: fc.constant(0) }),
  fc.record({ kind: fc.constant('remove' as const), at: position, value: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: position, value: fc.integer({ min: 1, max: 64 }) }),
  fc.record({
    kind: fc.constant('large' as const),
    at: position,
    value: fc.constantFrom(0x00, 0x7f, 0x80, 0xff),
  }),
)

/** A file of the corpus with one to four damages. */
export const damagedFile = fc.record({
  source: fc.integer({ min: 0, max: corpus.length - 1 }),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
})

type Damaged = typeof damagedFile extends fc.Arbitrary<infer T> ? T : never

export function applyDamage({ source, steps }: Damaged): Uint8Array {
  let bytes = corpus[source]!.bytes.slice()
  for (const { kind, at, value } of steps) {
    const index = Math.floor(at * bytes.length)
    if (kind === 'set') bytes[index] = value
    else if (kind === 'flip') bytes[index] = bytes[index]! ^ (1 << value)
    else if (kind === 'large') bytes.fill(value, index, index + 4)
    else if (kind === 'cut') bytes = bytes.slice(0, index)
    else if (kind === 'remove')
      bytes = Uint8Array.from([...bytes.subarray(0, index), ...bytes.subarray(index + value)])
    else bytes = Uint8Array.from([...bytes.subarray(0, index + value), ...bytes.subarray(index)])
  }
  return bytes
}

/** Small, so that a damaged size shows itself as a refusal and not as a slow success. */
const FUZZ_LIMITS: ImageLimits = { maxBytes: 2 ** 20, maxPixels: 2 ** 20, maxSide: 4096, maxMemory: 2 ** 27 }

/**
 * `ok` or the code of the refusal, and the CPU time it took, which a busy machine does not stretch.
 * Anything else that is thrown comes through.
 */
export async function verdict(bytes: Uint8Array): Promise<{ code: string; ms: number }> {
  const start = process.cpuUsage()
  const code = await decodeImage(bytes, { limits: FUZZ_LIMITS, codecs }).then(
    ({ image }) => {
      if (image.data.length !== image.width * image.height) throw new Error('samples and size differ')
      return 'ok'
    },
    (error: unknown) => {
      if (error instanceof AppError) return error.code
      throw error
    },
  )
  const { user, system } = process.cpuUsage(start)
  return { code, ms: (user + system) / 1000 }
}
