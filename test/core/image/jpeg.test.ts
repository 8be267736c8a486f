import { codecs } from '@detl/codecs/modules'
import { decodeImage, readImage } from '@detl/core/image/decode'
import type { DecodeOptions } from '@detl/core/image/decode-options'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { phantom } from '@detl/core/phantom/phantom'
import { preprocess } from '@detl/core/preprocess/preprocess'
import { ReducingSink } from '@detl/core/preprocess/reduce'
import { cxrGrey } from '@detl/core/preprocess/spec'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'

const width = 72
const height = 40
/** A smooth ramp, darker to the left, with a bright corner at the top left. */
const grey = Buffer.from(
  Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width))),
)
function level(x: number, y: number): number {
  return x < 12 && y < 12 ? 250 : x * 3
}
const input = () => sharp(grey, { raw: { width, height, channels: 1 } }).toColourspace('b-w')
const rgb = () =>
  sharp(Buffer.from([...grey].flatMap((v) => [v, v, v])), { raw: { width, height, channels: 3 } })
const decode = (bytes: Uint8Array) => decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })

function meanError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => x + y) / a.length
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const centre = (values: ArrayLike<number>) => {
    const mean = Array.from(values).reduce((x, y) => x + y) / values.length
    return Array.from(values, (value) => value - mean)
  }
  const [x, y] = [centre(a), centre(b)]
  const dot = (u: number[], v: number[]) => u.reduce((sum, value, i) => sum + value * v[i]!, 0)
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))
}

describe('JPEG', () => {
  it.each([
    ['baseline, grey', 'grey', () => input().jpeg({ quality: 98 })],
    ['progressive', 'grey', () => input().jpeg({ quality: 98, progressive: true })],
    ['colour, 4:2:0', 'ycbcr', () => rgb().jpeg({ quality: 98 })],
    ['colour, 4:4:4', 'ycbcr', () => rgb().jpeg({ quality: 98, chromaSubsampling: '4:4:4' })],
    ['Adobe CMYK', 'cmyk', () => rgb().toColourspace('cmyk').jpeg({ quality: 98 })],
  ] as const)('%s decodes to its grey levels', async (_, colour, make) => {
    const { image, source } = await decode(await make().toBuffer())
    expect([image.width, image.height, image.bits]).toEqual([width, height, 8])
    expect(source.colour).toBe(colour)
    // A CMYK file passes through a printer's profile on the way in: its levels are bent, their order is not.
    if (colour === 'cmyk') expect(correlation(image.data, grey)).toBeGreaterThan(0.98)
    else expect(meanError(image.data, grey)).toBeLessThan(3)
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('with EXIF orientation %i stands upright', async (orientation) => {
    const file = await input().withMetadata({ orientation }).jpeg({ quality: 98 }).toBuffer()
    const { image } = await decode(file)
    const upright = await sharp(file)
      .autoOrient()
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect([image.width, image.height]).toEqual([upright.info.width, upright.info.height])
    const error =
      image.data.reduce((sum, value, i) => sum + Math.abs(value - upright.data[i]!), 0) / grey.length
    expect(error).toBeLessThan(1)
  })

  it('measures how colourful it is', async () => {
    const red = sharp({ create: { width, height, channels: 3, background: '#e02020' } })
    expect((await decode(await red.jpeg().toBuffer())).source.chroma).toBeGreaterThan(0.5)
    expect((await decode(await rgb().jpeg().toBuffer())).source.chroma).toBeLessThan(0.01)
  })

  it('cut short is refused, and so is one whose header claims too much', async () => {
    const file = new Uint8Array(await input().jpeg().toBuffer())
    await expect(decode(file.subarray(0, file.length - 40))).rejects.toMatchObject({
      code: 'image-undecodable',
    })
    const huge = file.slice()
    const frame = huge.findIndex((byte, i) => byte === 0xff && huge[i + 1] === 0xc0)
    huge.set([0xea, 0x60, 0xea, 0x60], frame + 5)
    await expect(decode(huge)).rejects.toMatchObject({ code: 'image-too-large' })
  })
})

describe('a large JPEG, of which less than all pixels is decoded', () => {
  const spec = cxrGrey(128)
  const reduceTo = { longest: spec.workingSize, margin: spec.decodeMargin }
  async function tensorOf(file: Uint8Array, options: Pick<DecodeOptions, 'reduceTo'> = {}) {
    const sink = new ReducingSink(spec.workingSize)
    const source = await readImage(file, { limits: DEFAULT_LIMITS, codecs, ...options }, sink)
    return { source, seen: sink.size, tensor: preprocess(sink.working(), spec).tensor }
  }

  it.each([
    [1300, 1400, 2],
    [2050, 1700, 2],
    [1999, 2601, 4],
  ])(
    '%i × %i: decoded at a part of its resolution, and the tensor is that of all pixels within a level',
    async (w, h, part) => {
      const { image } = phantom({ seed: 3, width: w, height: h, lesions: ['consolidation'] })
      const file = await sharp(
        Uint8Array.from(image.data, (value) => value >> 4),
        { raw: { width: w, height: h, channels: 1 } },
      )
        .toColourspace('b-w')
        .jpeg({ quality: 90 })
        .toBuffer()
      const all = await tensorOf(file)
      const reduced = await tensorOf(file, { reduceTo })
      const { image: smaller } = await decodeImage(file, { limits: DEFAULT_LIMITS, codecs, reduceTo })
      expect(smaller).toMatchObject({ width: Math.ceil(w / part), height: Math.ceil(h / part) })
      for (const size of [all.seen, reduced.seen, reduced.source])
        expect(size).toMatchObject({ width: w, height: h })
      const furthest = reduced.tensor.reduce((most, v, i) => Math.max(most, Math.abs(v - all.tensor[i]!)), 0)
      expect(furthest).toBeLessThanOrEqual(1)
      expect(meanError(reduced.tensor, all.tensor)).toBeLessThan(0.1)
    },
  )

  it('keeps its orientation', async () => {
    const across = input().resize(1440, 800, { kernel: 'nearest' }).jpeg({ quality: 95 })
    const file = await across.withMetadata({ orientation: 6 }).toBuffer()
    const sink = new ReducingSink(512)
    await readImage(file, { limits: DEFAULT_LIMITS, codecs, reduceTo }, sink)
    expect(sink.size).toMatchObject({ width: 800, height: 1440 })
    const { data, width: w } = sink.working()
    expect(data[20 * w + w - 20]! / 257).toBeGreaterThan(240) // the bright corner, now at the top right
  })
})
