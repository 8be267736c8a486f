import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadOnce } from '@detl/codecs/load-once'
import { codecs } from '@detl/codecs/modules'
import { encapsulatedFrame } from '@detl/core/image/dicom/frame'
import { parseDicom } from '@detl/core/image/dicom/parse'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { Decoder } from 'jpeg-lossless-decoder-js'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'

/** The codestream inside a file of the golden set. */
async function stream(file: string): Promise<Uint8Array> {
  const bytes = readFileSync(resolve(import.meta.dirname, '../golden/intake', file))
  const { dataSet } = await parseDicom(bytes, DEFAULT_LIMITS)
  return encapsulatedFrame(dataSet, 0, 1).bytes
}

describe('the JPEG lossless decoder', () => {
  it.each(['jpeg-lossless.dcm', 'jpeg-lossless-sv6.dcm'])(
    'gives the samples of jpeg-lossless-decoder-js for %s',
    async (file) => {
      const bytes = await stream(file)
      const { data } = await codecs.jpegLossless(bytes)
      const theirs: ArrayBuffer = new Decoder().decompress(bytes.slice().buffer)
      expect([...data]).toEqual([...new Uint16Array(theirs)])
    },
  )
})

describe('the JPEG extended decoder', () => {
  it('is within one level of libjpeg-turbo on 8-bit data', async () => {
    const noise = Buffer.from(Array.from({ length: 67 * 45 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256))
    const file = new Uint8Array(
      await sharp(noise, { raw: { width: 67, height: 45, channels: 1 } })
        .toColourspace('b-w')
        .jpeg({ quality: 80 })
        .toBuffer(),
    )
    const ours = await codecs.jpegExtended(file)
    const theirs = await codecs.jpeg(file, 0)
    expect([ours.width, ours.height, ours.bits]).toEqual([67, 45, 8])
    const largest = Array.from(ours.data, (value, i) => Math.abs(value - theirs.data[i]!)).reduce((a, b) =>
      Math.max(a, b),
    )
    expect(largest).toBeLessThanOrEqual(1)
  })
})

describe('a codec', () => {
  it('is loaded once, and again where that failed', async () => {
    let calls = 0
    const load = loadOnce(async () => {
      if (++calls === 1) throw new Error('the network is away')
      return calls
    })
    await expect(load()).rejects.toThrow('away')
    expect([await load(), await load(), calls]).toEqual([2, 2, 2])
  })

  it('works again after a stream that broke it', async () => {
    const good = await stream('jpeg-2000.dcm')
    const before = await codecs.jpeg2000(good, 0)
    await expect(codecs.jpeg2000(good.subarray(0, 200), 0)).rejects.toThrow('J2KDecoder failed')
    expect([...(await codecs.jpeg2000(good, 0)).data]).toEqual([...before.data])
  })

  it('of wavelets halves the image on request', async () => {
    for (const [name, codec] of [
      ['jpeg-2000', codecs.jpeg2000],
      ['htj2k', codecs.htj2k],
    ] as const) {
      const { width, height, data } = await codec(await stream(`${name}.dcm`), 1)
      expect([width, height, data.length]).toEqual([60, 68, 60 * 68])
    }
  })
})
