import { codecs } from '@detl/codecs/modules'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeByCharls, encode } from '../support/encoders.ts'

/** Flat areas (runs), ramps and noise, so that all modes of the coder occur. */
function picture(width: number, height: number, bits: number, noise: number, seed: number) {
  const most = 2 ** bits - 1
  const data = bits > 8 ? new Uint16Array(width * height) : new Uint8Array(width * height)
  let state = seed + 1
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const flat = (i % width) % 40 < 17
    const ramp = ((i % width) * 13 + Math.floor(i / width) * 7) % (most + 1)
    data[i] = flat ? most >> 1 : Math.min(most, ramp + Math.floor((state / 2 ** 32) * noise * most))
  }
  return { width, height, data }
}

describe('the JPEG-LS decoder', () => {
  it('gives back what CharLS encoded, at every depth', async () => {
    for (let bits = 2; bits <= 16; bits++) {
      const image = picture(93, 61, bits, 0.1, bits)
      const frame = await codecs.jpegLs(await encode('jpeg-ls', image, bits))
      expect([frame.width, frame.height, frame.components, frame.bits]).toEqual([93, 61, 1, bits])
      expect([...frame.data]).toEqual([...image.data])
    }
  })

  it('gives the samples of CharLS, lossless or near it', async () => {
    const images = fc.record({
      width: fc.integer({ min: 1, max: 70 }),
      height: fc.integer({ min: 1, max: 40 }),
      bits: fc.integer({ min: 3, max: 16 }),
      noise: fc.constantFrom(0, 0.01, 0.3),
      near: fc.integer({ min: 0, max: 3 }),
      seed: fc.nat(1000),
    })
    await fc.assert(
      fc.asyncProperty(images, async ({ width, height, bits, noise, near, seed }) => {
        const stream = await encode('jpeg-ls', picture(width, height, bits, noise, seed), bits, near)
        const { data } = await codecs.jpegLs(stream)
        expect([...data]).toEqual([...(await decodeByCharls(stream))])
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  it('follows thresholds that the stream sets itself', async () => {
    const image = picture(40, 30, 8, 0.1, 1)
    const stream = await encode('jpeg-ls', image, 8)
    const scan = stream.findIndex((byte, i) => byte === 0xff && stream[i + 1] === 0xda)
    // The defaults of 8 bits, said: the same samples.
    const preset = [0xff, 0xf8, 0, 13, 1, 0, 255, 0, 3, 0, 7, 0, 21, 0, 64]
    const said = Uint8Array.from([...stream.subarray(0, scan), ...preset, ...stream.subarray(scan)])
    expect([...(await codecs.jpegLs(said)).data]).toEqual([...image.data])
    const others = said.with(scan + 8, 9).with(scan + 10, 12)
    const theirs = await decodeByCharls(others).catch(() => undefined)
    const ours = await codecs.jpegLs(others).then(
      ({ data }) => data,
      () => undefined,
    )
    expect(ours && [...ours]).toEqual(theirs && [...theirs])
    expect(ours && [...ours]).not.toEqual([...image.data])
  })

  it('refuses a stream that ends early', async () => {
    const stream = await encode('jpeg-ls', picture(60, 60, 12, 0.2, 2))
    await expect(codecs.jpegLs(stream.subarray(0, stream.length >> 1))).rejects.toThrow('end early')
  })
})
