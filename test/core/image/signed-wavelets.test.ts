import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { describe, expect, it } from 'vitest'
import { chestElements, writeDicom } from '../../support/dicom-writer.ts'
import { encode } from '../../support/encoders.ts'

const size = { width: 64, height: 64 }

describe.each([
  ['jpeg-2000', '1.2.840.10008.1.2.4.90'],
  ['htj2k', '1.2.840.10008.1.2.4.201'],
] as const)('%s', (kind, syntax) => {
  it.each([
    ['signed, as deep as Bits Stored', 12, true, { allocated: 16, stored: 12, signed: true }],
    ['signed, less deep than Bits Stored', 12, true, { allocated: 16, stored: 16, signed: true }],
    ['signed, of 8 bits in 16', 8, true, { allocated: 16, stored: 16, signed: true }],
    ['signed, of 8 bits in 8', 8, true, { allocated: 8, stored: 8, signed: true }],
    ['signed, of 5 bits', 5, true, { allocated: 8, stored: 8, signed: true }],
    ['signed, deeper than Bits Stored', 16, true, { allocated: 16, stored: 12, signed: true }],
    ['signed in an object that says unsigned', 12, true, { allocated: 16, stored: 16, signed: false }],
    ["unsigned with two's complement in it", 12, false, { allocated: 16, stored: 16, signed: true }],
  ] as const)('a stream that is %s', async (_, bits, signed, pixel) => {
    const most = 2 ** (Math.min(bits, pixel.stored) - 1) - 1
    const values = Array.from({ length: 64 * 64 }, (_, i) => Math.round(Math.sin(i / 300) * most))
    const bytes = signed && bits <= 8
    const half = 2 ** (bits - 1)
    const data = bytes
      ? Uint8Array.from(values, (value) => value + half)
      : signed
        ? Int16Array.from(values)
        : Uint16Array.from(values, (value) => value & (2 ** bits - 1))
    const stream = await encode(kind, { ...size, data }, bits, 0, signed && !bytes)
    // The encoders here lose negative samples of 8 bits: they are encoded shifted up, which is what Ssiz's sign bit undoes.
    if (bytes) stream[42] = stream[42]! | 128
    const file = writeDicom(syntax, chestElements(size, pixel), { fragments: [stream] })
    const { image } = await decodeImage(file, { limits: DEFAULT_LIMITS, codecs })
    const [least, top] = [Math.min(...values), 2 ** image.bits - 1]
    const grey = values.map((value) => Math.round(((value - least) / (Math.max(...values) - least)) * top))
    expect([...image.data]).toEqual(grey)
  })
})
