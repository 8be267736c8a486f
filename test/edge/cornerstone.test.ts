import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DataSet } from '@detl/core/answers/dicom/writer'
import { type Screening, screeningSchema } from '@detl/core/api/screening'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'
import { framed, HEIGHT, storedTurned, turned, WIDTH } from '../support/turned-chest.ts'

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/detl-cornerstone', import.meta.url))
/** No dependency of this project: 120 MB that only this test needs. The adapters import @babel/runtime without naming it. */
const PACKAGES = {
  '@cornerstonejs/adapters': '5.14.0',
  '@cornerstonejs/core': '5.14.0',
  '@cornerstonejs/metadata': '5.14.0',
  '@cornerstonejs/tools': '5.14.0',
  '@cornerstonejs/utils': '5.14.0',
  '@babel/runtime': '7.29.2',
  dcmjs: '0.52.2',
}
const home = installOnce()

function installOnce(): string | undefined {
  const kept = join(CACHE, Object.values(PACKAGES).join('-'))
  if (existsSync(kept)) return kept
  mkdirSync(CACHE, { recursive: true })
  const part = mkdtempSync(join(CACHE, 'part-'))
  writeFileSync(join(part, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }))
  const flags = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--silent']
  const { status } = spawnSync('npm', ['install', ...flags], { cwd: part, timeout: 180_000 })
  if (status === 0 && !existsSync(kept)) renameSync(part, kept)
  rmSync(part, { recursive: true, force: true })
  return existsSync(kept) ? kept : undefined
}

/**
 * By dcmjs: what a report concludes and measures. By the adapters: what its coordinates are drawn with, as a viewer that tells them which tool
 * is for which kind; on an image whose pixels are millimetres, the first one's centre at 0, 0.
 */
const READ = `
import dcmjs from 'dcmjs'
import { adaptersSR } from '@cornerstonejs/adapters'
import { metaData } from '@cornerstonejs/core'
import { readFileSync } from 'node:fs'
const plane = { rowCosines: [1, 0, 0], columnCosines: [0, 1, 0], imagePositionPatient: [0, 0, 0], rowPixelSpacing: 1, columnPixelSpacing: 1 }
metaData.addProvider((type) => (type === 'imagePlaneModule' ? plane : undefined), 1)
const list = (value) => [value ?? []].flat()
const named = (item, name) => list(item.ContentSequence).filter((one) => list(one.ConceptNameCodeSequence)[0]?.CodeMeaning === name)
const scoord = (number) => list(number.ContentSequence).find((one) => one.ValueType === 'SCOORD')
const source = (number) => list(number.ContentSequence).flatMap((one) => [one, ...list(one.ContentSequence)]).find((one) => one.ValueType === 'IMAGE')
const getToolClass = (group, report, tools) => {
  const number = list(group.ContentSequence).find((one) => one.ValueType === 'NUM')
  return tools.get({ POINT: 'Probe', POLYLINE: 'PlanarFreehandROI' }[scoord(number)?.GraphicType])
}
const [image, ...files] = process.argv.slice(2)
const results = files.map((file) => {
  const bytes = readFileSync(file)
  const { dict } = dcmjs.data.DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const report = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict)
  const groups = named(named(report, 'Imaging Measurements')[0], 'Measurement Group')
  const numbers = groups.flatMap((group) => list(group.ContentSequence).filter((one) => one.ValueType === 'NUM'))
  const tools = adaptersSR.Cornerstone3D.MeasurementReport.generateToolState(report, { [image + ':1']: 'image' }, metaData, { getToolClass })
  const placed = (one) => ({
    id: one.TrackingUniqueIdentifier,
    image: one.annotation.metadata.referencedImageId,
    closed: one.annotation.data.contour?.closed,
    points: one.annotation.data.contour?.polyline ?? one.annotation.data.handles.points,
  })
  return {
    study: report.StudyInstanceUID,
    conclusion: named(report, 'Conclusion')[0].TextValue,
    values: numbers.map((one) => Number(list(one.MeasuredValueSequence)[0].NumericValue)),
    units: numbers.map((one) => list(list(one.MeasuredValueSequence)[0].MeasurementUnitsCodeSequence)[0].CodeValue),
    images: numbers.map((one) => list(source(one).ReferencedSOPSequence)[0].ReferencedSOPInstanceUID),
    names: Object.fromEntries(groups.map((one) => [named(one, 'Tracking Unique Identifier')[0].UID, named(one, 'Tracking Identifier')[0].TextValue])),
    tools: Object.fromEntries(Object.entries(tools).map(([tool, all]) => [tool, all.map(placed)])),
  }
})
console.log('\\nresult ' + JSON.stringify(results))
`
type Placed = { id: string; image: string; closed?: boolean; points: [number, number, number][] }
type Found = {
  study: string
  conclusion: string
  values: number[]
  units: string[]
  images: string[]
  names: Record<string, string>
  tools: { Probe?: Placed[]; PlanarFreehandROI?: Placed[] }
}

function read(reports: readonly Uint8Array[]): Found[] {
  const dir = mkdtempSync(join(tmpdir(), 'detl-cornerstone-'))
  try {
    const files = reports.map((report, i) => {
      const file = join(dir, `${i}.dcm`)
      writeFileSync(file, report)
      return file
    })
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(home!, 'read.mjs'), PATIENT.instance, ...files],
      { encoding: 'utf8', maxBuffer: 2 ** 26 },
    )
    const line = stdout.split('\n').find((one) => one.startsWith('result '))
    if (!line) throw new Error(stderr)
    return JSON.parse(line.slice('result '.length))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const bytesOf = async (response: Response) => {
  if (response.status !== 200) throw new Error(await response.text())
  return new Uint8Array(await response.arrayBuffer())
}

/** The film turned by quarters clockwise: where a place of the upright one is, in its pixels from the corner of the first. */
const TURN: readonly ((x: number, y: number) => [number, number])[] = [
  (x, y) => [x, y],
  (x, y) => [HEIGHT - y, x],
  (x, y) => [WIDTH - x, HEIGHT - y],
  (x, y) => [y, WIDTH - x],
]

const FRAME = 40
const MONOCHROME1: DataSet = {
  '00280004': ['CS', 'MONOCHROME1'],
  '7fe00010': ['OW', new Uint8Array(turned(0).data.map((value) => 4095 - value).buffer)],
}
/** Name; quarter turns; the image; where a place of the upright film is on it. */
const IMAGES: readonly (readonly [
  string,
  number,
  Uint8Array<ArrayBuffer>,
  (x: number, y: number) => [number, number],
])[] = [
  ...[0, 1, 2, 3].map(
    (quarters) => [`${quarters} quarter turns`, quarters, storedTurned(quarters), TURN[quarters]!] as const,
  ),
  ['MONOCHROME1', 0, storedTurned(0, MONOCHROME1), TURN[0]!],
  ['a black frame', 0, framed(FRAME), (x, y) => [x + FRAME, y + FRAME]],
]

/** Where a place of the tensor, in shares of its sides, is on the upright film: as the film alone was screened. */
const onFilm = (
  { image: { crop, placed } }: Screening,
  size: number,
  x: number,
  y: number,
): [number, number] => [
  crop.x + ((x * size - placed.x) * crop.width) / placed.width,
  crop.y + ((y * size - placed.y) * crop.height) / placed.height,
]

describe.skipIf(!home)(`cornerstone’s readers${home ? '' : ' (no npm registry)'}`, () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  const manifest = testManifest({
    operatingPoints: OPERATING_POINTS,
    regions: TEST_REGIONS,
    gate: DEFAULT_GATE,
  })
  beforeAll(async () => {
    edge = await edgeApp({ manifest })
    writeFileSync(join(home!, 'read.mjs'), READ)
  })
  afterAll(() => edge?.stop())

  it('dcmjs finds in both forms the decision, each score and its image', async () => {
    const screening = screeningSchema.parse(await (await edge.screen(chestDicom())).json())
    const accept = (object: string) => ({ accept: `application/dicom;object=${object}` })
    const reports = [
      await bytesOf(await edge.screen(chestDicom(), accept('sr'))),
      await bytesOf(await edge.screen(chestDicom(), accept('measurements'))),
    ]
    for (const found of read(reports)) {
      expect(found).toMatchObject({ study: PATIENT.study, conclusion: screening.decision.headline })
      const shares = Object.values(screening.probabilities)
      expect(found.units.slice(0, shares.length)).toEqual(shares.map(() => '%'))
      for (const [i, share] of shares.entries()) expect(found.values[i]).toBeCloseTo(100 * share, 1)
      expect(new Set(found.images)).toEqual(new Set([PATIENT.instance]))
    }
  })

  it('the adapters draw lungs, zones and the hottest places at their pixels, however the image is stored', async () => {
    const accept = 'application/dicom;object=measurements'
    const size = manifest.preprocess.size
    const screenings: Screening[] = []
    const reports: Uint8Array[] = []
    for (const [, , image] of IMAGES) {
      screenings.push(screeningSchema.parse(await (await edge.screen(image)).json()))
      reports.push(await bytesOf(await edge.screen(image, { accept })))
    }
    for (const [i, found] of read(reports).entries()) {
      const [name, , , place] = IMAGES[i]!
      const lines = found.tools.PlanarFreehandROI ?? []
      expect(lines.length, name).toBe(9)
      for (const one of lines) expect([one.image, one.closed], name).toEqual(['image', true])
      const byName = (label: string) => lines.find(({ id }) => found.names[id] === label)!.points
      const [film, screening] = [screenings[0]!, screenings[i]!]
      for (const [label, centre] of [
        ['Right lung', 0.3],
        ['Left lung', 0.7],
      ] as const) {
        // As the stand-in drew it: an ellipse, on cells of 1/32 of the tensor.
        const drawn = Array.from({ length: 360 }, (_, degree) => {
          const angle = (degree * Math.PI) / 180
          return place(...onFilm(film, size, centre + 0.13 * Math.cos(angle), 0.5 + 0.3 * Math.sin(angle)))
        })
        for (const [x, y] of byName(label)) {
          const off = Math.min(...drawn.map(([u, v]) => Math.hypot(x + 0.5 - u, y + 0.5 - v)))
          expect(off, `${name}, ${label}`).toBeLessThan((0.8 * WIDTH) / 32)
        }
      }
      const { stride, offset } = screening.image.grid
      expect(found.tools.Probe?.length, name).toBe(screening.heatmaps.length)
      for (const [n, { points }] of found.tools.Probe!.entries()) {
        const { data, width } = screening.heatmaps[n]!
        const heat = Buffer.from(data, 'base64')
        const cell = heat.indexOf(Math.max(...heat))
        const [column, row] = [cell % width, Math.floor(cell / width)]
        const [u, v] = place(
          ...onFilm(film, size, (offset + stride * column) / size, (offset + stride * row) / size),
        )
        const off = Math.hypot(points[0]![0] + 0.5 - u, points[0]![1] + 0.5 - v)
        // Where a frame ends is found to a pixel.
        expect(off, name).toBeLessThan(name === 'a black frame' ? 1.5 : 0.05)
      }
    }
  }, 120_000)
})
