import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import type { DataSet } from '@detl/core/answers/dicom/writer'
import type { DicomJson } from '@detl/core/dicomweb/dicom-json'
import { toDicomJson } from '@detl/core/dicomweb/to-dicom-json'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { colourDicom, PATIENT } from '../support/chest-dicom.ts'
import { hasTool, runDicomTool } from '../support/dicom-tools.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'
import { HEIGHT, storedTurned, turned, WIDTH } from '../support/turned-chest.ts'

const GSPS = 'application/dicom;object=gsps'

let edge: Awaited<ReturnType<typeof edgeApp>>
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS, gate: DEFAULT_GATE }) })
})
afterAll(() => edge.stop())

const objectOf = async (image: Uint8Array<ArrayBuffer>, accept = GSPS) => {
  const response = await edge.screen(image, { accept })
  if (response.status !== 200) throw new Error(await response.text())
  return new Uint8Array(await response.arrayBuffer())
}
const jsonOf = (file: Uint8Array) => toDicomJson(file, () => '')
const items = (json: DicomJson | undefined, tag: string) => (json?.[tag]?.Value ?? []) as DicomJson[]
const values = (json: DicomJson | undefined, tag: string) => json?.[tag]?.Value
const linesOf = (json: DicomJson) =>
  items(items(json, '00700001')[0], '00700009').map((one) => values(one, '00700022') as number[])

/** Whether a place is inside closed lines, by the even-odd rule. */
function inside(lines: readonly number[][], x: number, y: number): boolean {
  let odd = false
  for (const line of lines)
    for (let i = 2; i < line.length; i += 2) {
      const [ax, ay, bx, by] = line.slice(i - 2, i + 2) as [number, number, number, number]
      if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) odd = !odd
    }
  return odd
}

/** 12 bits in a table that starts at 1000 and is brighter than a line. */
const TABLE: DataSet = {
  '00283010': [
    'SQ',
    {
      items: [
        {
          '00283002': ['US', [2000, 1000, 12]],
          '00283006': [
            'OW',
            new Uint8Array(
              Uint16Array.from({ length: 2000 }, (_, i) => Math.round(4095 * Math.sqrt(i / 1999))).buffer,
            ),
          ],
        },
      ],
    },
  ],
}
const WINDOW: DataSet = { '00281050': ['DS', '1800'], '00281051': ['DS', '2500'] }
const MONOCHROME1: DataSet = { ...WINDOW, '00280004': ['CS', 'MONOCHROME1'] }
const INVERTED: DataSet = {
  ...MONOCHROME1,
  '7fe00010': ['OW', new Uint8Array(turned(0).data.map((value) => 4095 - value).buffer)],
}
const RESCALED: DataSet = {
  '00281052': ['DS', '-1000'],
  '00281053': ['DS', '0.5'],
  '00281050': ['DS', '0'],
  '00281051': ['DS', '1500'],
}
/** Name, quarter turns, what the image says, and what it says where it is right. */
const SOURCES: readonly (readonly [string, number, DataSet, DataSet])[] = [
  ['a window', 0, WINDOW, WINDOW],
  ['slope, intercept and window', 0, RESCALED, RESCALED],
  ['a VOI table', 0, TABLE, TABLE],
  ['MONOCHROME1', 0, INVERTED, INVERTED],
  ['MONOCHROME1 that the gate found to be wrong', 0, MONOCHROME1, WINDOW],
  ['a quarter turn', 1, WINDOW, WINDOW],
  ['a half turn', 2, WINDOW, WINDOW],
  ['three quarter turns', 3, WINDOW, WINDOW],
]

describe('a presentation state', () => {
  it.each([0, 1, 2, 3])(
    'has the line around what the segmentation covers, on the stored pixels, after %i quarter turns',
    async (quarters) => {
      const image = storedTurned(quarters)
      const lines = linesOf(jsonOf(await objectOf(image)).json)
      const seg = jsonOf(await objectOf(image, 'application/dicom;object=seg'))
      const [rows, columns] = [seg.json['00280010'], seg.json['00280011']].map((one) =>
        Number(one?.Value?.[0]),
      )
      const bits = seg.bulk.get('7FE00010')!
      let [differ, hot] = [0, 0]
      for (let y = 0, n = 0; y < rows!; y++)
        for (let x = 0; x < columns!; x++, n++) {
          const bit = ((bits[n >> 3]! >> (n & 7)) & 1) === 1
          if (bit) hot++
          if (bit !== inside(lines, x + 0.5, y + 0.5)) differ++
        }
      expect(hot).toBeGreaterThan(1000)
      expect(differ / hot).toBeLessThan(0.01)
    },
  )

  it('says the decision, the model and what it is not, and refers to its image', async () => {
    const { json } = jsonOf(await objectOf(storedTurned(0)))
    const [top, bottom] = items(items(json, '00700001')[0], '00700008').map((one) =>
      String(values(one, '00700006')),
    )
    const told = (await (await edge.screen(storedTurned(0))).json()) as { model: { name: string } }
    const report = await objectOf(storedTurned(0), 'application/dicom;object=sr')
    const [headline] = top!.split('\r\n')
    expect(JSON.stringify(jsonOf(report).json)).toContain(headline)
    expect(top).toContain('Grad-CAM')
    expect(bottom).toContain(told.model.name)
    expect(bottom).toContain('Research software, not for diagnosis')
    const [series] = items(json, '00081115')
    expect(values(series, '0020000E')).toEqual([PATIENT.series])
    expect(values(items(series, '00081140')[0], '00081155')).toEqual([PATIENT.instance])
    expect(values(json, '0020000D')).toEqual([PATIENT.study])
  })

  it.skipIf(!hasTool('dcmp2pgm')).each(SOURCES)(
    'lets DCMTK show the image as it was scored: %s (needs dcmp2pgm)',
    async (_, quarters, change, right) => {
      const image = storedTurned(quarters, change)
      const state = await objectOf(image)
      expect(runDicomTool('dciodvfy', [], state).text).not.toMatch(/^Error/m)
      const dir = mkdtempSync(join(tmpdir(), 'detl-gsps-'))
      try {
        const path = (name: string) => join(dir, name)
        writeFileSync(path('state.dcm'), state)
        writeFileSync(path('image.dcm'), image)
        execFileSync('dcmp2pgm', ['-p', path('state.dcm'), path('image.dcm'), path('out.pgm')])
        const shown = readPgm(readFileSync(path('out.pgm')))
        expect([shown.width, shown.height]).toEqual([WIDTH, HEIGHT])
        // The upright film as our decoder reads it, which the intake scores.
        const upright = await decodeImage(storedTurned(0, right), { limits: DEFAULT_LIMITS, codecs })
        const top = 2 ** upright.image.bits - 1
        let most = 0
        for (const [i, level] of upright.image.data.entries())
          most = Math.max(most, Math.abs(shown.data[i]! - (level * 255) / top))
        expect(most).toBeLessThanOrEqual(1.5)
        expect(new Set(shown.data).size).toBeGreaterThan(50)
      } finally {
        rmSync(dir, { recursive: true })
      }
    },
  )

  it('has the shape of the window, which DCMTK 3.6.7 takes as linear', async () => {
    const { json } = jsonOf(await objectOf(storedTurned(0, { ...RESCALED, '00281056': ['CS', 'SIGMOID'] })))
    const [voi] = items(json, '00283110')
    expect([values(voi, '00281050'), values(voi, '00281051'), values(voi, '00281056')]).toEqual([
      [0],
      [1500],
      ['SIGMOID'],
    ])
  })

  it('leaves out what the image does not say', async () => {
    const { json } = jsonOf(await objectOf(storedTurned(0)))
    for (const tag of ['00281052', '00283000', '00283110', '00700042']) expect(json[tag], tag).toBeUndefined()
    expect(values(json, '20500020')).toEqual(['IDENTITY'])
    const [area] = items(json, '0070005A')
    expect([values(area, '00700052'), values(area, '00700053')]).toEqual([
      [1, 1],
      [WIDTH, HEIGHT],
    ])
  })

  it('is refused by name for an image without UIDs, and for one in colour', async () => {
    const without = await edge.screen(await chestPng(1, 256), { accept: GSPS })
    expect([without.status, await without.text()]).toEqual([406, expect.stringContaining('DICOM image')])
    const open = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
    try {
      const refused = await open.screen(colourDicom(), { accept: GSPS })
      expect([refused.status, await refused.text()]).toEqual([406, expect.stringContaining('RGB')])
    } finally {
      await open.stop()
    }
  })
})

function readPgm(file: Uint8Array) {
  const [head, width, height] = /^P5\s+(?:#.*\s+)*(\d+)\s+(\d+)\s+255\s/.exec(
    Buffer.from(file.subarray(0, 200)).toString('latin1'),
  )!
  return { width: Number(width), height: Number(height), data: file.subarray(head.length) }
}
