import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toDicomJson } from '@detl/core/dicomweb/to-dicom-json'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PATIENT } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'
import { HEIGHT, storedTurned, turned, WIDTH } from '../support/turned-chest.ts'

const execute = promisify(execFile)
const PYTHON = process.env.DETL_DICOMWEB_PYTHON
const noPeer =
  PYTHON !== undefined && existsSync(PYTHON)
    ? undefined
    : 'set DETL_DICOMWEB_PYTHON to a Python with highdicom 0.28.2 and pydicom 3.0.2'
const SEG = 'application/dicom;object=seg'

let edge: Awaited<ReturnType<typeof edgeApp>>
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS, gate: DEFAULT_GATE }) })
})
afterAll(() => edge.stop())

const segmentationOf = async (image: Uint8Array<ArrayBuffer>) => {
  const response = await edge.screen(image, { accept: SEG })
  if (response.status !== 200) throw new Error(await response.text())
  return new Uint8Array(await response.arrayBuffer())
}
function maskOf(file: Uint8Array) {
  const { json, bulk } = toDicomJson(file, () => '')
  const [rows, columns] = ['00280010', '00280011'].map((tag) => Number(json[tag]?.Value?.[0])) as [
    number,
    number,
  ]
  const bits = bulk.get('7FE00010')!
  return {
    rows,
    columns,
    at: (x: number, y: number) => (bits[(y * columns + x) >> 3]! >> ((y * columns + x) & 7)) & 1,
  }
}

describe('a segmentation of the heat map', () => {
  it('lies on the pixels of the image as it is stored, whichever way that is turned', async () => {
    const straight = maskOf(await segmentationOf(storedTurned(0)))
    expect([straight.rows, straight.columns]).toEqual([HEIGHT, WIDTH])
    let hot = 0
    for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) hot += straight.at(x, y)
    expect(hot / (WIDTH * HEIGHT)).toBeGreaterThan(0.02)
    expect(hot / (WIDTH * HEIGHT)).toBeLessThan(0.9)
    for (const quarters of [1, 2, 3]) {
      const mask = maskOf(await segmentationOf(storedTurned(quarters)))
      const { width, height } = turned(quarters)
      expect([mask.columns, mask.rows]).toEqual([width, height])
      const places = [
        (x: number, y: number) => [x, y],
        (x: number, y: number) => [HEIGHT - 1 - y, x],
        (x: number, y: number) => [WIDTH - 1 - x, HEIGHT - 1 - y],
        (x: number, y: number) => [y, WIDTH - 1 - x],
      ]
      let differ = 0
      for (let y = 0; y < HEIGHT; y++)
        for (let x = 0; x < WIDTH; x++) {
          const [u, v] = places[quarters]!(x, y) as [number, number]
          if (mask.at(u, v) !== straight.at(x, y)) differ++
        }
      expect(differ, `${quarters} quarters`).toBe(0)
    }
  })

  it('is refused by name for an image without UIDs, and not charged', async () => {
    const response = await edge.screen(await chestPng(1, 256), { accept: SEG })
    expect([response.status, await response.text()]).toEqual([406, expect.stringContaining('DICOM image')])
  })

  it.skipIf(noPeer)(`is read by highdicom, on its image${noPeer ? ` (${noPeer})` : ''}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'detl-seg-'))
    try {
      const file = await segmentationOf(storedTurned(0))
      writeFileSync(join(dir, 'seg.dcm'), file)
      const program = `
import sys
from highdicom.seg import segread
seg = segread(sys.argv[1])
print(seg.number_of_segments, seg.segmentation_type.value, seg.get_segment_description(1).segment_label)
print([str(uid) for uid in seg.get_source_image_uids()[0]])
print(int(seg.get_pixels_by_source_instance([sys.argv[2]]).sum()))
`
      const { stdout } = await execute(PYTHON!, ['-c', program, join(dir, 'seg.dcm'), PATIENT.instance])
      const mask = maskOf(file)
      let sum = 0
      for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) sum += mask.at(x, y)
      expect(stdout.trim().split('\n')).toEqual([
        expect.stringMatching(/^1 BINARY Grad-CAM: /),
        `['${PATIENT.study}', '${PATIENT.series}', '${PATIENT.instance}']`,
        String(sum),
      ])
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})
