/** What libjpeg can write, by its own tools (Debian package libjpeg-turbo-progs): cjpeg makes the files, djpeg is the reference. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { luma } from '@detl/core/image/colour'
import { decodeImage } from '@detl/core/image/decode'
import { encapsulatedFrame } from '@detl/core/image/dicom/frame'
import { parseDicom } from '@detl/core/image/dicom/parse'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { hasTool } from '../../support/dicom-tools.ts'

const decode = (bytes: Uint8Array) => decodeImage(bytes, { limits: DEFAULT_LIMITS, codecs })

/** A PPM, or PGM, of smooth colours with an edge. */
function portableMap(width: number, height: number, channels: 1 | 3): Buffer {
  const pixel = (i: number) => {
    const [x, y] = [i % width, Math.floor(i / width)]
    const edge = x > width / 2 ? 60 : 0
    return [(x * 3 + edge) % 256, (y * 2 + x + edge) % 256, ((x * y) >> 4) & 255].slice(0, channels)
  }
  const body = Array.from({ length: width * height }, (_, i) => pixel(i)).flat()
  return Buffer.concat([
    Buffer.from(`P${channels === 1 ? 5 : 6}\n${width} ${height}\n255\n`),
    Buffer.from(body),
  ])
}

const tool = (name: string, args: readonly string[], input: Uint8Array) =>
  new Uint8Array(execFileSync(name, [...args], { input, stdio: ['pipe', 'pipe', 'ignore'] }))

/** Grey of djpeg's pixels. */
function byDjpeg(file: Uint8Array): number[] {
  const map = Buffer.from(tool('djpeg', ['-dct', 'int', '-pnm'], file))
  const [head] = /^P[56]\s+\d+\s+\d+\s+255\s/.exec(map.toString('latin1'))!
  const body = map.subarray(head.length)
  if (head.startsWith('P5')) return [...body]
  return Array.from({ length: body.length / 3 }, (_, i) =>
    luma(body[3 * i]!, body[3 * i + 1]!, body[3 * i + 2]!),
  )
}

async function furthest(file: Uint8Array): Promise<number> {
  const { image } = await decode(file)
  const reference = byDjpeg(file)
  expect(image.data).toHaveLength(reference.length)
  return reference.reduce((most, value, i) => Math.max(most, Math.abs(value - image.data[i]!)), 0)
}

describe.skipIf(!hasTool('cjpeg'))('a JPEG that cjpeg wrote has the pixels of djpeg', () => {
  it.each([
    ['4:4:4', ['-sample', '1x1']],
    ['4:2:2', ['-sample', '2x1']],
    ['4:2:0', ['-sample', '2x2']],
    ['4:4:0', ['-sample', '1x2']],
    ['4:1:1', ['-sample', '4x1']],
    ['RGB without transform', ['-rgb']],
    ['grey', ['-grayscale']],
    ['restarts after each row of blocks', ['-restart', '1']],
    ['restarts after each block', ['-restart', '1B', '-sample', '2x2']],
    ['progressive', ['-progressive']],
    ['progressive, grey, with restarts', ['-progressive', '-grayscale', '-restart', '2B']],
    ['progressive, 4:2:2', ['-progressive', '-sample', '2x1']],
    ['optimised tables', ['-optimize']],
    ['quality 1', ['-quality', '1']],
    ['quality 100', ['-quality', '100', '-sample', '1x1']],
    ['quality 25, baseline tables', ['-quality', '5', '-baseline']],
  ])('%s', async (_, args) => {
    for (const [width, height] of [
      [1, 1],
      [7, 5],
      [16, 16],
      [17, 33],
      [131, 97],
    ] as const) {
      const file = tool('cjpeg', ['-dct', 'int', ...args], portableMap(width, height, 3))
      expect(await furthest(file), `${width} × ${height}`).toBe(0)
    }
  })

  it('a scan for each component', async () => {
    const script = resolve(mkdtempSync(resolve(tmpdir(), 'detl-scans-')), 'scans.txt')
    writeFileSync(script, '0;\n1;\n2;\n')
    const file = tool('cjpeg', ['-dct', 'int', '-scans', script], portableMap(131, 97, 3))
    rmSync(dirname(script), { recursive: true })
    expect(await furthest(file)).toBe(0)
  })

  it('turned by jpegtran, or without its comments', async () => {
    const file = tool('cjpeg', ['-dct', 'int'], portableMap(48, 32, 3))
    for (const args of [
      ['-rotate', '90'],
      ['-flip', 'horizontal'],
      ['-copy', 'none', '-progressive'],
      ['-grayscale'],
    ]) {
      expect(await furthest(tool('jpegtran', args, file))).toBe(0)
    }
  })

  it('CMYK and YCCK, as Adobe writes them', async () => {
    const pixel = (i: number) => [60 + (i % 64) * 3, 40 + (i >> 6) * 4, 90 + (i % 64) + (i >> 6)]
    const colours = Buffer.from(Array.from({ length: 64 * 48 }, (_, i) => pixel(i)).flat())
    const rgb = sharp(colours, { raw: { width: 64, height: 48, channels: 3 } })
    const cmyk = new Uint8Array(await rgb.toColourspace('cmyk').jpeg({ quality: 98 }).toBuffer())
    const adobe = Buffer.from(cmyk).indexOf('Adobe')
    expect(adobe).toBeGreaterThan(0)
    for (const transform of [0, 2]) {
      const file = cmyk.with(adobe + 11, transform) // the same numbers, read as CMYK and as YCCK
      expect((await decode(file)).source.colour).toBe('cmyk')
      expect(await furthest(file)).toBe(0)
    }
  })

  it('but arithmetic coding is refused by name', async () => {
    for (const args of [['-arithmetic'], ['-arithmetic', '-progressive']]) {
      const file = tool('cjpeg', args, portableMap(32, 32, 1))
      await expect(decode(file)).rejects.toMatchObject({
        code: 'image-unsupported',
        detail: expect.stringContaining('process'),
      })
    }
  })
})

describe('a JPEG that is not read is refused by name', () => {
  it.each([
    ['12 bits', 'jpeg-extended-12.dcm', '12 bits'],
    ['lossless', 'jpeg-lossless.dcm', 'lossless'],
    ['JPEG-LS', 'jpeg-ls.dcm', 'jpeg-ls'],
  ])('%s', async (_, file, named) => {
    const bytes = readFileSync(resolve(import.meta.dirname, '../../golden/intake', file))
    const stream = encapsulatedFrame((await parseDicom(bytes, DEFAULT_LIMITS)).dataSet, 0, 1).bytes
    await expect(decode(stream)).rejects.toMatchObject({
      code: 'image-unsupported',
      detail: expect.stringContaining(named),
    })
  })
})
