import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { screeningSchema } from '@detl/core/api/screening'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'

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

/** By dcmjs: what a report concludes and measures. By the adapters: which tools would show something of it. */
const READ = `
import dcmjs from 'dcmjs'
import { adaptersSR } from '@cornerstonejs/adapters'
import { readFileSync } from 'node:fs'
const bytes = readFileSync(process.argv[2])
const { dict } = dcmjs.data.DicomMessage.readFile(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
const report = dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict)
const list = (value) => [value ?? []].flat()
const named = (item, name) => list(item.ContentSequence).filter((one) => list(one.ConceptNameCodeSequence)[0]?.CodeMeaning === name)
const groups = named(named(report, 'Imaging Measurements')[0], 'Measurement Group')
const numbers = groups.flatMap((group) => list(group.ContentSequence).filter((one) => one.ValueType === 'NUM'))
const tools = adaptersSR.Cornerstone3D.MeasurementReport.generateToolState(report, {}, {})
console.log('\\nresult ' + JSON.stringify({
  study: report.StudyInstanceUID,
  conclusion: named(report, 'Conclusion')[0].TextValue,
  values: numbers.map((one) => Number(list(one.MeasuredValueSequence)[0].NumericValue)),
  units: numbers.map((one) => list(list(one.MeasuredValueSequence)[0].MeasurementUnitsCodeSequence)[0].CodeValue),
  images: numbers.map((one) => list(list(one.ContentSequence)[0].ReferencedSOPSequence)[0].ReferencedSOPInstanceUID),
  tools,
}))
`

describe.skipIf(!home)(`cornerstone’s readers${home ? '' : ' (no npm registry)'}`, () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  beforeAll(async () => {
    edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
    writeFileSync(join(home!, 'read.mjs'), READ)
  })
  afterAll(() => edge?.stop())

  it.each(['sr', 'measurements'])(
    'dcmjs finds in object=%s the decision, each score and its image; the adapters find nothing to draw',
    async (object) => {
      const screening = screeningSchema.parse(await (await edge.screen(chestDicom())).json())
      const answer = await edge.screen(chestDicom(), { accept: `application/dicom;object=${object}` })
      const dir = mkdtempSync(join(tmpdir(), 'detl-cornerstone-'))
      try {
        const file = join(dir, 'report.dcm')
        writeFileSync(file, new Uint8Array(await answer.arrayBuffer()))
        const { stdout, stderr } = spawnSync(process.execPath, [join(home!, 'read.mjs'), file], {
          encoding: 'utf8',
          maxBuffer: 2 ** 24,
        })
        const line = stdout.split('\n').find((one) => one.startsWith('result '))
        if (!line) throw new Error(stderr)
        const found = JSON.parse(line.slice('result '.length))
        const shares = Object.values(screening.probabilities)
        expect(found).toMatchObject({ study: PATIENT.study, conclusion: screening.decision.headline })
        expect(found.units).toEqual(shares.map(() => '%'))
        expect(found.images).toEqual(shares.map(() => PATIENT.instance))
        for (const [i, share] of shares.entries()) expect(found.values[i]).toBeCloseTo(100 * share, 1)
        // They draw lengths, ellipses and the like, by coordinates that a score of the whole image has not.
        expect(found.tools).toEqual({})
      } finally {
        rmSync(dir, { recursive: true })
      }
    },
    60_000,
  )
})
