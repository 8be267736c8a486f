import { deflateRawSync } from 'node:zlib'
import { codecs } from '@detl/codecs/modules'
import { exp } from '@detl/core/base/exp'
import { joinBytes } from '@detl/core/base/join-bytes'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { describe, expect, it } from 'vitest'
import {
  chestElements,
  type Elements,
  type Encapsulated,
  littleEndian,
  writeDicom,
} from '../../support/dicom-writer.ts'

const EXPLICIT = '1.2.840.10008.1.2.1'
const RLE = '1.2.840.10008.1.2.5'
const JPEG = '1.2.840.10008.1.2.4.50'
const size = { width: 2, height: 2 }

const levels = async (file: Uint8Array, frame?: number) => {
  const options = { limits: DEFAULT_LIMITS, codecs, ...(frame === undefined ? {} : { frame }) }
  return [...(await decodeImage(file, options)).image.data]
}
const object = (values: number[], pixel: Parameters<typeof chestElements>[1], more: Elements = {}) =>
  writeDicom(EXPLICIT, chestElements(size, pixel, more), littleEndian(values))
const window = (centre: string, width: string, shape?: string): Elements => ({
  '00281050': ['DS', centre],
  '00281051': ['DS', width],
  ...(shape ? { '00281056': ['CS', shape] } : {}),
})

describe('DICOM grey levels', () => {
  it('run from the least to the largest pixel where the object names no transformation', async () => {
    expect(await levels(object([0, 1, 2000, 4095], { allocated: 16, stored: 12 }))).toEqual([
      0, 1, 2000, 4095,
    ])
    const part = [1000, 1500, 2000, 3000]
    const spread = [0, 16384, 32768, 65535]
    expect(await levels(object(part, { allocated: 16, stored: 16 }))).toEqual(spread)
    const belowZero = part.map((value) => value - 2500)
    expect(await levels(object(belowZero, { allocated: 16, stored: 16, signed: true }))).toEqual(spread)
    const padded: Elements = { '00280120': ['SS', [-30_000]] }
    const withPadding = [-30_000, 0, 500, 1000]
    expect(await levels(object(withPadding, { allocated: 16, stored: 16, signed: true }, padded))).toEqual([
      0, 0, 32768, 65535,
    ])
    const mono1 = { allocated: 16, stored: 16, photometric: 'MONOCHROME1' } as const
    expect(await levels(object(part, mono1))).toEqual(spread.map((level) => 65535 - level))
    expect(await levels(object([7, 7, 7, 7], { allocated: 16, stored: 12 }))).toEqual([0, 0, 0, 0])
  })

  it('take padding that Bits Stored cannot hold for padding', async () => {
    const padded: Elements = { '00280120': ['US', [0xf830]] }
    expect(await levels(object([0xf830, 100, 300, 200], { allocated: 16, stored: 12 }, padded))).toEqual([
      0, 0, 4095, 2048,
    ])
  })

  it('go on above the high bit where the values do: Bits Stored is too small then', async () => {
    const rising = [1020, 1022, 1026, 1030]
    const row = (values: number[], signed: boolean) => {
      const pixel = { allocated: 16, stored: 10, signed } as const
      return writeDicom(EXPLICIT, chestElements({ width: 4, height: 1 }, pixel), littleEndian(values))
    }
    const grey = rising.map((value) => Math.round(((value - 1020) / 10) * 65535))
    expect(await levels(row(rising, false))).toEqual(grey)
    const aroundTheTop = rising.map((value) => value - 515)
    expect(await levels(row(aroundTheTop, true))).toEqual(grey)
  })

  it('leave out overlay bits above the high bit, and shift down to bit 0', async () => {
    const inHighBits = [0x0fff, 0xffff, 0x1000 | 5, 0x8000]
    expect(await levels(object(inHighBits, { allocated: 16, stored: 12 }))).toEqual([0xfff, 0xfff, 5, 0])
    const shifted = [0x0120, 0xfff0, 0, 0x0010]
    expect(await levels(object(shifted, { allocated: 16, stored: 12, high: 15 }))).toEqual([
      0x12, 0xfff, 0, 1,
    ])
  })

  it('of signed values begin at the lowest one', async () => {
    const file = object([-2048, -1, 0, 2047], { allocated: 16, stored: 12, signed: true })
    expect(await levels(file)).toEqual([0, 2047, 2048, 4095])
  })

  it('follow the LINEAR window of PS3.3 C.11.2.1.2.1', async () => {
    // c = 2048, w = 4096 is the standard's own example: 0 → lowest, 4095 → highest.
    const file = object([0, 4095, 1024, 4000], { allocated: 16, stored: 12 }, window('2048', '4096'))
    const y = (x: number) => Math.round(((x - 2047.5) / 4095 + 0.5) * 65535)
    expect(await levels(file)).toEqual([0, 65535, y(1024), y(4000)])
  })

  it('follow LINEAR_EXACT and SIGMOID', async () => {
    const exact = object(
      [0, 500, 1000, 1500],
      { allocated: 16, stored: 12 },
      window('1000', '1000', 'LINEAR_EXACT'),
    )
    expect(await levels(exact)).toEqual([0, 0, 32768, 65535])
    const sigmoid = object(
      [1000, 1250, 0, 4095],
      { allocated: 16, stored: 12 },
      window('1000', '1000', 'SIGMOID'),
    )
    const y = (x: number) => Math.round(65535 / (1 + Math.exp((-4 * (x - 1000)) / 1000)))
    expect(await levels(sigmoid)).toEqual([1000, 1250, 0, 4095].map(y))
  })

  it('apply rescale before the window', async () => {
    const rescale: Elements = {
      '00281053': ['DS', '2'],
      '00281052': ['DS', '-100'],
      ...window('100', '200', 'LINEAR_EXACT'),
    }
    expect(await levels(object([50, 100, 150, 75], { allocated: 16, stored: 12 }, rescale))).toEqual([
      0, 32768, 65535, 16384,
    ])
  })

  it('prefer the VOI LUT to a window, and clamp to its ends', async () => {
    const lut: Elements = {
      '00283010': ['SQ', { items: [{ '00283002': ['US', [3, 10, 8]], '00283006': ['US', [0, 100, 255]] }] }],
      ...window('1', '2'),
    }
    const file = object([0, 11, 12, 500], { allocated: 16, stored: 12 }, lut)
    expect(await levels(file)).toEqual([0, Math.round((100 / 255) * 65535), 65535, 65535])
  })

  it('invert MONOCHROME1 after the window, so that bone is bright in either encoding', async () => {
    const pixel = { allocated: 16, stored: 12, photometric: 'MONOCHROME1' } as const
    const narrow = window('1000', '1000', 'LINEAR_EXACT')
    expect(await levels(object([0, 1000, 1500, 4095], pixel, narrow))).toEqual([65535, 32767, 0, 0])
  })

  it('show padding as black, also where zero is white', async () => {
    const pixel = { allocated: 16, stored: 12, photometric: 'MONOCHROME1' } as const
    const padded: Elements = { '00280120': ['US', [0]], '00280121': ['US', [2]] }
    expect(await levels(object([0, 2, 3, 4095], pixel, padded))).toEqual([0, 0, 4095, 0])
  })
})

describe('DICOM frames', () => {
  const frames = (count: number, encapsulated: Encapsulated) =>
    writeDicom(
      RLE,
      chestElements(size, { allocated: 8, stored: 8 }, { '00280008': ['IS', String(count)] }),
      encapsulated,
    )
  /** One PackBits segment that copies four bytes. */
  const rle = (values: number[]) => {
    const out = new Uint8Array(64 + 5)
    out.set([1, 0, 0, 0, 64, 0, 0, 0])
    out.set([3, ...values], 64)
    return out
  }

  it('are chosen by number, the first by default', async () => {
    const file = frames(2, { fragments: [rle([0, 85, 170, 255]), rle([255, 0, 51, 102])] })
    expect(await levels(file)).toEqual([0, 85, 170, 255])
    expect(await levels(file, 1)).toEqual([255, 0, 51, 102])
    await expect(levels(file, 2)).rejects.toMatchObject({ code: 'request-invalid' })
  })

  it('are joined from several fragments by the offset table', async () => {
    const first = rle([0, 85, 170, 255])
    const pieces = [first.subarray(0, 40), first.subarray(40, 66), first.subarray(66), rle([255, 0, 51, 102])]
    // Each item has 8 bytes before it, and an odd length is padded: 48 + 34 + 12 = 94.
    const file = frames(2, { fragments: pieces, offsetTable: [0, 94] })
    expect(await levels(file)).toEqual([0, 85, 170, 255])
    expect(await levels(file, 1)).toEqual([255, 0, 51, 102])
  })

  it('of native pixels are refused where the data end too early', async () => {
    await expect(levels(object([1, 2, 3], { allocated: 16, stored: 12 }))).rejects.toMatchObject({
      code: 'image-undecodable',
      detail: expect.stringContaining('shorter than rows × columns'),
    })
  })
})

describe('DICOM objects that are refused say why', () => {
  const pixel = { allocated: 8, stored: 8 } as const
  it.each([
    [
      'palette',
      chestElements(size, { ...pixel, photometric: 'PALETTE COLOR' }),
      'image-unsupported',
      'PALETTE COLOR',
    ],
    ['too large', chestElements({ width: 60_000, height: 60_000 }, pixel), 'image-too-large', '60000'],
    [
      'of impossible bits',
      chestElements(size, { ...pixel, stored: 12, high: 11 }),
      'image-undecodable',
      '12 bits stored',
    ],
  ])('%s', async (_, elements, code, detail) => {
    const file = writeDicom(EXPLICIT, elements, new Uint8Array(4))
    await expect(levels(file)).rejects.toMatchObject({ code, detail: expect.stringContaining(detail) })
  })

  it('a report without pixels', async () => {
    const file = writeDicom(EXPLICIT, { '00080060': ['CS', 'SR'] }, undefined)
    await expect(levels(file)).rejects.toMatchObject({
      code: 'image-unsupported',
      detail: expect.stringContaining('modality SR'),
    })
  })

  it('a video', async () => {
    const file = writeDicom('1.2.840.10008.1.2.4.102', chestElements(size, pixel), {
      fragments: [new Uint8Array(8)],
    })
    await expect(levels(file)).rejects.toMatchObject({
      code: 'image-unsupported',
      detail: expect.stringContaining('1.2.840.10008.1.2.4.102'),
    })
  })

  it.each([
    ['a deflated object of 60,000 × 60,000 pixels', { width: 60_000, height: 60_000 }, 60_000_000],
    ['a deflated object of 200 MB', { width: 5000, height: 5000 }, 200_000_000],
  ])('%s, inflated no further than its header', async (_, claimed, length) => {
    const elements = chestElements(claimed, pixel)
    const inner = writeDicom(EXPLICIT, elements, undefined, { meta: false })
    const pixels = new Uint8Array(12 + length)
    pixels.set([0xe0, 0x7f, 0x10, 0, 0x4f, 0x57, 0, 0])
    new DataView(pixels.buffer).setUint32(8, length, true)
    const meta = writeDicom('1.2.840.10008.1.2.1.99', {}, undefined)
    const file = joinBytes([meta, deflateRawSync(joinBytes([inner, pixels]))])
    const start = process.cpuUsage()
    await expect(levels(file)).rejects.toMatchObject({ code: 'image-too-large' })
    const { user, system } = process.cpuUsage(start)
    expect((user + system) / 1000).toBeLessThan(150) // of CPU, on a machine that may be cold
  })

  it('a large deflated object not, which is read row by row, each frame of it', async () => {
    const large = { width: 700, height: 500 }
    const values = Array.from({ length: 2 * 700 * 500 }, (_, i) => (i * 31 + (i >> 9)) % 4096)
    const elements = chestElements(large, pixel, { '00280008': ['IS', '2'] })
    const whole = writeDicom(EXPLICIT, elements, littleEndian(values)) // 1.4 MB: more than is inflated at once
    const dataSet = whole.subarray(writeDicom(EXPLICIT, {}, undefined).length)
    const file = joinBytes([writeDicom('1.2.840.10008.1.2.1.99', {}, undefined), deflateRawSync(dataSet)])
    for (const frame of [0, 1]) expect(await levels(file, frame)).toEqual(await levels(whole, frame))
    const short = file.subarray(0, file.length >> 2)
    await expect(levels(short)).rejects.toMatchObject({ code: 'image-undecodable' })
  })

  it('a codestream of another size than the object, before a codec is loaded', async () => {
    const claims = Uint8Array.of(
      0xff,
      0xd8,
      0xff,
      0xc0,
      0,
      11,
      8,
      0xea,
      0x60,
      0xea,
      0x60,
      1,
      1,
      0x11,
      0,
      0xff,
      0xda,
      0,
      8,
      1,
      1,
      0,
      0,
      63,
      0,
      0xff,
      0xd9,
    )
    const unloaded = { ...codecs, jpeg: () => Promise.reject(new Error('the codec was loaded')) }
    const file = writeDicom(JPEG, chestElements(size, pixel), { fragments: [claims] })
    await expect(decodeImage(file, { limits: DEFAULT_LIMITS, codecs: unloaded })).rejects.toMatchObject({
      code: 'image-undecodable',
      detail: expect.stringContaining('differ in size'),
    })
  })
})

it('exp agrees with the runtime to the last digits', () => {
  for (let x = -30; x <= 30; x += 0.37) expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-14)
})
