/** Small parts in large numbers: each file has 32 MB and is refused by the first of them. */
import { deflateRawSync } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { AppError } from '@detl/core/api/problem'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { describe, expect, it } from 'vitest'
import { chestElements, join, writeDicom } from '../../support/dicom-writer.ts'
import { chunk, PNG_SIGNATURE } from '../../support/png-writer.ts'

const BYTES = 2 ** 25
const EXPLICIT = '1.2.840.10008.1.2.1'

/** The unit over and over, at most `BYTES` in all. */
function many(...unit: number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.floor(BYTES / unit.length) * unit.length)
  out.set(unit)
  for (let n = unit.length; n < out.length; n *= 2) out.copyWithin(n, 0, Math.min(n, out.length - n))
  return out
}

/** Empty elements, each of another tag. */
function elements(): Uint8Array<ArrayBuffer> {
  const out = many(8, 0, 0, 0, 0x43, 0x53, 0, 0)
  const view = new DataView(out.buffer)
  for (let at = 0, tag = 0x0008_0100; at < out.length; at += 8, tag++) {
    view.setUint16(at, tag >>> 16, true)
    view.setUint16(at + 2, tag & 0xffff, true)
  }
  return out
}

const UNDEFINED = [0xff, 0xff, 0xff, 0xff] as const
const EMPTY_ITEM = [0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0] as const
const SEQUENCE = [8, 0, 0x40, 0x11, 0x53, 0x51, 0, 0, ...UNDEFINED] as const
const meta = (syntax = EXPLICIT) => writeDicom(syntax, {}, undefined)
const fragments = () =>
  join([
    writeDicom(
      '1.2.840.10008.1.2.4.80',
      chestElements({ width: 9, height: 9 }, { allocated: 16, stored: 12 }),
      undefined,
    ),
    Uint8Array.of(0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, ...UNDEFINED),
    many(...EMPTY_ITEM),
  ])
const png = (name: string) => {
  const header = Uint8Array.of(0, 0, 0, 99, 0, 0, 0, 99, 8, 0, 0, 0, 0)
  return join([PNG_SIGNATURE, chunk('IHDR', header), many(...chunk(name, new Uint8Array(0)))])
}
const jpeg = (...unit: number[]) => join([Uint8Array.of(0xff, 0xd8), many(...unit)])
const scan = [
  0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0,
]

const tooLarge = 'image-too-large'
const damaged = 'image-undecodable'

describe('a bomb is refused within 50 ms of CPU:', () => {
  it.each([
    ['DICOM, elements', () => join([meta(), elements()]), tooLarge],
    [
      'DICOM, one element again and again',
      () => join([meta(), many(8, 0, 0x60, 0, 0x43, 0x53, 0, 0)]),
      tooLarge,
    ],
    [
      'DICOM, elements of the meta group',
      () => join([meta(), many(2, 0, 0x12, 0, 0x55, 0x49, 0, 0)]),
      damaged,
    ],
    ['DICOM, items', () => join([meta(), Uint8Array.from(SEQUENCE), many(...EMPTY_ITEM)]), tooLarge],
    [
      'DICOM, nested items',
      () => join([meta(), many(...SEQUENCE, 0xfe, 0xff, 0, 0xe0, ...UNDEFINED)]),
      damaged,
    ],
    ['DICOM, fragments', fragments, tooLarge],
    [
      'DICOM, deflated elements',
      () => join([meta('1.2.840.10008.1.2.1.99'), deflateRawSync(elements())]),
      tooLarge,
    ],
    [
      'DICOM, deflated zeros',
      () => join([meta('1.2.840.10008.1.2.1.99'), deflateRawSync(many(0))]),
      tooLarge,
    ],
    ['PNG, chunks of text', () => png('tEXt'), tooLarge],
    ['PNG, chunks of data', () => png('IDAT'), tooLarge],
    ['JPEG, segments', () => jpeg(0xff, 0xe2, 0, 2), damaged],
    ['JPEG, fill bytes', () => jpeg(0xff), damaged],
    ['JPEG, data without an end', () => join([Uint8Array.from(scan), many(0x55)]), damaged],
  ] as [string, () => Uint8Array, string][])('%s', async (_, make, code) => {
    const file = make()
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < 3; i++) {
      const start = process.cpuUsage()
      const answer = await decodeImage(file, { limits: DEFAULT_LIMITS, codecs }).catch(
        (error: unknown) => error,
      )
      const { user, system } = process.cpuUsage(start)
      expect(answer).toBeInstanceOf(AppError)
      expect((answer as AppError).code).toBe(code)
      least = Math.min(least, (user + system) / 1000)
    }
    expect(least).toBeLessThan(50)
  })
})
