import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { chestElements, type Elements, littleEndian, writeDicom } from '../../support/dicom-writer.ts'

const EXPLICIT = '1.2.840.10008.1.2.1'
const IMPLICIT = '1.2.840.10008.1.2'
const size = { width: 16, height: 4 }
const pixels = size.width * size.height
const levels = async (file: Uint8Array) =>
  (await decodeImage(file, { limits: DEFAULT_LIMITS, codecs })).image.data

/** An object with a VOI LUT: what the descriptor says, and what its data are. */
type Case = {
  signed: boolean
  /** Pixel cells, 16 bits. */
  stored: number[]
  descriptor: readonly [entries: number, first: number, bits: number]
  vr: 'US' | 'SS'
  data: Uint16Array
  intercept?: number
}
const object = ({ signed, stored, descriptor, vr, data, intercept = 0 }: Case, syntax = EXPLICIT) => {
  const item: Elements = { '00283002': [vr, descriptor], '00283006': ['OW', littleEndian(data)] }
  const more: Elements = {
    '00283010': ['SQ', { items: [item] }],
    '00281052': ['DS', String(intercept)],
    '00281053': ['DS', '1'],
  }
  return writeDicom(
    syntax,
    chestElements(size, { allocated: 16, stored: 16, signed }, more),
    littleEndian(stored),
  )
}

/** Tables whose declared bits have nothing to do with their data, of both signs, which some pixels miss on either side. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    signed: fc.boolean(),
    entries: fc.integer({ min: 2, max: 500 }),
    first: fc.integer({ min: 300, max: 30_000 }),
    declared: fc.integer({ min: 8, max: 16 }),
    bits: fc.integer({ min: 8, max: 16 }),
    seed: fc.infiniteStream(fc.nat(0xffff)),
  })
  .map(({ signed, entries, first, declared, bits, seed }) => {
    const draw = () => seed.next().value!
    const start = signed ? first - 15_000 : first
    return {
      signed,
      stored: Array.from({ length: pixels }, () => start - 100 + (draw() % (entries + 200))),
      descriptor: [entries, start, declared],
      vr: signed ? 'SS' : 'US',
      data: Uint16Array.from({ length: entries }, (_, i) => (draw() | (i === 0 ? 0x8000 : 0)) >> (16 - bits)),
    }
  })

const topOf = ({ data }: Pick<Case, 'data'>) => 2 ** Math.ceil(Math.log2(Math.max(...data) + 1)) - 1

/** By the definition (PS3.3 C.11.2.1.1), with the bits of the largest entry. */
function expected({ signed, stored, descriptor: [, first], data, intercept = 0 }: Case): number[] {
  const top = topOf({ data })
  return stored.map((cell) => {
    const value = (signed ? (cell << 16) >> 16 : cell) + intercept
    const entry = data[Math.min(data.length - 1, Math.max(0, value - first))]!
    return Math.round((entry / top) * 65535)
  })
}

describe('a VOI LUT', () => {
  it('gives its entries on the scale of the largest, whatever bits it declares: no level wraps', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (lut) => {
        expect([...(await levels(object(lut)))]).toEqual(expected(lut))
      }),
      { numRuns: 150 },
    )
  })

  const ramp = Uint16Array.from({ length: 400 }, (_, i) => i * 10)
  const below = Array.from({ length: pixels }, (_, i) => i * 7)
  it.each([
    ['explicit VR, as its VR says', EXPLICIT, 'SS'],
    ['explicit VR, also where the VR is wrong and no value could reach the table', EXPLICIT, 'US'],
    ['implicit VR, as its input is', IMPLICIT, 'SS'],
  ] as const)('begins below zero in %s', async (_, syntax, vr) => {
    const lut = { signed: false, stored: below, descriptor: [400, -200, 12], vr, data: ramp } as const
    const file = object({ ...lut, stored: [...below], intercept: -200 }, syntax)
    expect([...(await levels(file))]).toEqual(expected({ ...lut, stored: [...below], intercept: -200 }))
  })

  it('begins above 32,767 where the pixels do, also with a VR that is signed', async () => {
    const stored = below.map((value) => value + 40_000)
    for (const vr of ['US', 'SS'] as const) {
      const lut: Case = { signed: false, stored, descriptor: [400, 40_000, 12], vr, data: ramp }
      expect([...(await levels(object(lut)))]).toEqual(expected(lut))
    }
  })

  it('is read as it is where it is shorter than it says', async () => {
    const lut: Case = { signed: false, stored: below, descriptor: [401, 0, 12], vr: 'US', data: ramp }
    expect([...(await levels(object(lut)))]).toEqual(expected(lut))
  })

  it('of 65,536 entries says 0', async () => {
    const data = Uint16Array.from({ length: 65_536 }, (_, i) => 65_535 - i)
    const lut: Case = { signed: false, stored: below, descriptor: [0, 0, 16], vr: 'US', data }
    expect([...(await levels(object(lut)))]).toEqual(expected(lut))
  })

  it('without data is passed over for the window', async () => {
    const windowed: Elements = {
      '00283010': ['SQ', { items: [{ '00283002': ['US', [4, 0, 12]] }] }],
      '00281050': ['DS', '100'],
      '00281051': ['DS', '100'],
      '00281056': ['CS', 'LINEAR_EXACT'],
    }
    const stored = Array.from({ length: pixels }, (_, i) => i * 4)
    const elements = chestElements(size, { allocated: 16, stored: 16 }, windowed)
    const grey = stored.map((v) => Math.round(65535 * Math.min(1, Math.max(0, (v - 100) / 100 + 0.5))))
    expect([...(await levels(writeDicom(EXPLICIT, elements, littleEndian(stored))))]).toEqual(grey)
  })
})

const scratch = mkdtempSync(resolve(tmpdir(), 'detl-lut-'))
afterAll(() => rmSync(scratch, { recursive: true }))
const samples = fc.sample(anyCase, { numRuns: 40, seed: 16 })

const hasDcmtk = spawnSync('dcm2pnm', ['--version']).error === undefined
describe.skipIf(!hasDcmtk)('VOI LUTs against DCMTK, which is told to find the bits itself (+Mv)', () => {
  it('give the same levels', async () => {
    const [dicom, png] = [resolve(scratch, 'lut.dcm'), resolve(scratch, 'lut.png')]
    for (const lut of samples) {
      writeFileSync(dicom, object(lut))
      execFileSync('dcm2pnm', ['+Mv', '+Wl', '1', '+on2', dicom, png], { stdio: 'ignore' })
      const theirs = await levels(readFileSync(png))
      // DCMTK shifts an entry up to 16 bits; ours reach from black to white.
      const white = topOf(lut) * 2 ** (16 - Math.log2(topOf(lut) + 1))
      expect([...(await levels(object(lut)))], JSON.stringify(lut.descriptor)).toEqual(
        Array.from(theirs, (level) => Math.round((level / white) * 65535)),
      )
    }
  })
})

const PYDICOM = `
import json, sys, pydicom
from pydicom.pixels import apply_voi_lut
print(json.dumps([apply_voi_lut(ds.pixel_array, ds).flatten().tolist() for ds in map(pydicom.dcmread, sys.argv[1:])]))`
/** The first Python that has pydicom 3. */
const python = [process.env.DETL_PYDICOM_PYTHON, 'python3'].find(
  (path) => path && spawnSync(path, ['-c', 'import numpy, pydicom.pixels']).status === 0,
)
describe.skipIf(python === undefined)('VOI LUTs against pydicom (Python package, 3 or later)', () => {
  it('take the same entries', async () => {
    const files = samples.map((lut, i) => {
      const file = resolve(scratch, `${i}.dcm`)
      const [entries, first] = lut.descriptor // it takes a descriptor's bits for the type of the entries
      writeFileSync(file, object({ ...lut, descriptor: [entries, first, 16] }))
      return file
    })
    const theirs: number[][] = JSON.parse(
      execFileSync(python!, ['-c', PYDICOM, ...files], { encoding: 'utf8' }),
    )
    for (const [i, lut] of samples.entries()) {
      const top = topOf(lut)
      const grey = theirs[i]!.map((entry) => Math.round((entry / top) * 65535))
      expect([...(await levels(object(lut)))]).toEqual(grey)
    }
  })
})
