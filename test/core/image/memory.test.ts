import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Codecs } from '@detl/core/image/codecs'
import { decodeImage, readImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { ReducingSink } from '@detl/core/preprocess/reduce'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'

const folder = resolve(import.meta.dirname, '../../golden/intake')
/** Codecs of which none may be loaded. */
const untouched = new Proxy({} as Codecs, {
  get: (_, name) => {
    throw new Error(`the codec ${String(name)} was loaded`)
  },
})

describe('an image that needs too much memory is refused before it is decoded', () => {
  it.each(readdirSync(folder).filter((file) => !file.endsWith('.json')))('%s', async (file) => {
    const limits = { ...DEFAULT_LIMITS, maxMemory: 1000 }
    const reading = readImage(
      readFileSync(resolve(folder, file)),
      { limits, codecs: untouched },
      new ReducingSink(512),
    )
    await expect(reading).rejects.toMatchObject({
      code: 'image-too-large',
      detail: expect.stringContaining('needs'),
    })
  })

  it.each([
    ['a colour photograph in several scans', 3],
    ['CMYK in several scans', 4],
  ] as const)('at 5,000 × 5,000: %s', async (_, channels) => {
    const small = sharp({ create: { width: 16, height: 16, channels: 3, background: '#456' } })
    const space = channels === 4 ? 'cmyk' : 'srgb'
    const file = new Uint8Array(await small.toColourspace(space).jpeg({ progressive: true }).toBuffer())
    const frame = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === 0xc2)
    file.set([5000 >> 8, 5000 & 255, 5000 >> 8, 5000 & 255], frame + 5)
    await expect(decodeImage(file, { limits: DEFAULT_LIMITS, codecs: untouched })).rejects.toMatchObject({
      code: 'image-too-large',
      detail: expect.stringMatching(/needs \d+ MB/),
    })
  })
})
