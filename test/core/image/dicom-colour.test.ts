import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { toSecondaryCapture } from '@detl/core/answers/dicom/secondary-capture'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { readScores } from '@detl/core/model/outputs'
import { phantom } from '@detl/core/phantom/phantom'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { chestDicom } from '../../support/chest-dicom.ts'
import { hasTool } from '../../support/dicom-tools.ts'
import { chestElements, type Elements, writeDicom } from '../../support/dicom-writer.ts'
import { testManifest } from '../../support/manifest.ts'

const EXPLICIT = '1.2.840.10008.1.2.1'
const BIG_ENDIAN = '1.2.840.10008.1.2.2'
const JPEG = '1.2.840.10008.1.2.4.50'
const size = { width: 96, height: 80 }
const { image } = phantom({ seed: 5, ...size, lesions: [] })
const grey = Uint8Array.from(image.data, (level) => level >> 4)
const interleaved = (...planes: Uint8Array[]) =>
  Uint8Array.from({ length: 3 * grey.length }, (_, i) => planes[i % 3]![Math.floor(i / 3)]!)
const rgb = interleaved(grey, grey, grey)
const neutral = new Uint8Array(grey.length).fill(128)

const decode = (file: Uint8Array) => decodeImage(file, { limits: DEFAULT_LIMITS, codecs })
const object = (
  photometric: string,
  pixels: Parameters<typeof writeDicom>[2],
  more: Elements = {},
  syntax = EXPLICIT,
) =>
  writeDicom(
    syntax,
    chestElements(
      size,
      { allocated: 8, stored: 8, photometric },
      { '00280002': ['US', [3]], '00280006': ['US', [0]], ...more },
    ),
    pixels,
  )

describe('a grey film in a DICOM colour image', () => {
  it.each([
    ['RGB, pixel by pixel', () => object('RGB', rgb)],
    [
      'RGB, plane by plane',
      () => object('RGB', Buffer.concat([grey, grey, grey]), { '00280006': ['US', [1]] }),
    ],
    ['YBR_FULL', () => object('YBR_FULL', interleaved(grey, neutral, neutral))],
    ['RGB, big endian words', () => object('RGB', Buffer.from(rgb).swap16(), {}, BIG_ENDIAN)],
  ])('of %s has the levels of its channels', async (_, make) => {
    const { image: decoded, source } = await decode(make())
    expect(decoded).toMatchObject({ ...size, bits: 8 })
    expect(Buffer.from(decoded.data)).toEqual(Buffer.from(grey))
    expect([source.chroma, source.dicom?.photometric.slice(0, 3)]).toEqual([
      0,
      expect.stringMatching(/RGB|YBR/),
    ])
  })

  it('as JPEG is read as the same JPEG is outside of DICOM', async () => {
    const jpeg = await sharp(rgb, { raw: { ...size, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer()
    const file = object('YBR_FULL_422', { fragments: [jpeg] }, {}, JPEG)
    const [inside, outside] = [await decode(file), await decode(new Uint8Array(jpeg))]
    expect(inside.image.data).toEqual(outside.image.data)
    expect([inside.source.colour, inside.source.chroma]).toEqual(['ycbcr', outside.source.chroma])
  })

  it.skipIf(!hasTool('dcmcrle')).each([
    ['dcmcrle', [] as string[], 0],
    ['dcmcjpeg', ['+eb', '+q', '100'], 3],
  ])('as %s of DCMTK writes it (needs Debian’s dcmtk)', async (tool, args, tolerance) => {
    const dir = mkdtempSync(join(tmpdir(), 'detl-colour-'))
    try {
      const [from, to] = [join(dir, 'in.dcm'), join(dir, 'out.dcm')]
      writeFileSync(from, object('RGB', rgb))
      execFileSync(tool, [...args, from, to])
      const { image: decoded } = await decode(new Uint8Array(readFileSync(to)))
      const off = decoded.data.reduce((most, level, i) => Math.max(most, Math.abs(level - grey[i]!)), 0)
      expect(off).toBeLessThanOrEqual(tolerance)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})

describe('a DICOM colour image that is no grey film', () => {
  it('is refused by name where it has colours', async () => {
    const warm = grey.map((level) => Math.min(255, level + 30))
    await expect(decode(object('RGB', interleaved(warm, grey, grey)))).rejects.toMatchObject({
      code: 'image-unsupported',
      detail: expect.stringContaining('DICOM colour image (RGB) in colours'),
    })
  })

  it('is refused where it is our own heat map over a film', async () => {
    const manifest = testManifest()
    const bytes = chestDicom(300)
    const gate = { mode: 'report', spec: manifest.gate } as const
    const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
    const cam = Float32Array.from({ length: 24 }, (_, i) => (i === 20 ? 1 : 0))
    const probabilities = Float32Array.of(0.1, 0.2, 0.3, 0.4)
    const scores = readScores(manifest, { probabilities, cam })
    const settings = { operatingPoint: 'balanced', prevalence: {} } as const
    const id = '00000000-0000-4000-8000-000000000000'
    const capture = await toSecondaryCapture({
      id,
      at: 0,
      manifest,
      bytes,
      intake,
      scores,
      settings,
      language: 'en',
      references: {},
    })
    await expect(decode(capture)).rejects.toMatchObject({ code: 'image-unsupported' })
  })

  it.each([
    [
      '16 bits a channel',
      object('RGB', rgb, { '00280100': ['US', [16]] }),
      'image-unsupported',
      '16 bits allocated',
    ],
    [
      'too few pixels',
      object('RGB', rgb.subarray(0, 1000)),
      'image-undecodable',
      'shorter than rows × columns',
    ],
    ['uncompressed YBR_FULL_422', object('YBR_FULL_422', rgb), 'image-unsupported', 'YBR_FULL_422'],
    [
      'fragments of nothing that is read',
      object('RGB', { fragments: [Uint8Array.of(1, 2, 3, 4)] }),
      'image-undecodable',
      'no encoding',
    ],
  ])('of %s is refused by name', async (_, file, code, detail) => {
    await expect(decode(file)).rejects.toMatchObject({ code, detail: expect.stringContaining(detail) })
  })
})
