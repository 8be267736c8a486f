import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { describe, expect, it } from 'vitest'
import { oddFiles } from '../../support/odd-files.ts'

const decode = (bytes: Uint8Array) => decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })
const files = await oddFiles()

describe('an odd file gives the picture of its sound twin, and says what is odd:', () => {
  it.each(files.map((file) => [file.name, file] as const))('%s', async (_, { bytes, twin, remarks }) => {
    const [ours, sound] = [await decode(bytes), await decode(twin)]
    expect(ours.source.remarks).toEqual(remarks)
    expect(sound.source.remarks).toEqual([])
    expect([ours.image.width, ours.image.height]).toEqual([sound.image.width, sound.image.height])
    expect(Buffer.from(ours.image.data.buffer).equals(Buffer.from(sound.image.data.buffer))).toBe(true)
  })
})

const twins = [...new Set(files.map(({ twin }) => Buffer.from(twin).toString('base64')))]
it('a file whose pixels are not all there is refused', async () => {
  for (const twin of twins) {
    const bytes = new Uint8Array(Buffer.from(twin, 'base64'))
    for (const share of [0.5, 0.75, 0.9, 0.97]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share))
      await expect(decode(cut)).rejects.toMatchObject({ code: 'image-undecodable' })
    }
  }
  for (const { name, bytes } of files.filter(({ name }) =>
    /no end marker|no end delimiter|deflated/.test(name),
  )) {
    const cut = bytes.subarray(0, Math.floor(bytes.length * 0.9))
    await expect(decode(cut), name).rejects.toMatchObject({ code: 'image-undecodable' })
  }
})
