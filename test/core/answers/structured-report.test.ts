import { codecs } from '@detl/codecs/modules'
import { toStructuredReport } from '@detl/core/answers/dicom/structured-report'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { readScores } from '@detl/core/model/outputs'
import { beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../../support/chest-dicom.ts'
import { hasTool, runDicomTool } from '../../support/dicom-tools.ts'
import { testManifest } from '../../support/manifest.ts'

/** Identifiers of which a SH (16 characters) would hold the same beginning. */
const LONG = ['pulmonary_nodule_left', 'pulmonary_nodule_right']

describe('the report on classes with long identifiers', () => {
  let report: Uint8Array
  beforeAll(async () => {
    const classes = LONG.map((id) => ({ id, finding: true, name: { en: id.replaceAll('_', ' ') } }))
    const manifest = testManifest({ labels: LONG, classes, labelling: 'multi' })
    const bytes = chestDicom()
    const gate = { mode: 'refuse', spec: manifest.gate } as const
    const intake = await takeIn(bytes, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
    const cells = LONG.length * manifest.cam.width * manifest.cam.height
    const probabilities = Float32Array.of(0.9, 0.1)
    const scores = readScores(manifest, { probabilities, cam: new Float32Array(cells), oodScore: 0 })
    report = await toStructuredReport({
      ...{ id: '00000000-0000-4000-8000-000000000001', at: 0, manifest, bytes, intake, scores },
      settings: { operatingPoint: { thresholds: { [LONG[0]!]: 0.5, [LONG[1]!]: 0.5 } }, prevalence: {} },
      ...{ language: 'en', references: {}, servedBy: 'gpu' },
    })
  })

  it('has each of them whole, as Long Code Value', () => {
    // (0008,0119) UC, two bytes that are reserved, four of length.
    const text = Buffer.from(report).toString('latin1')
    const values = text.split('\x08\0\x19\x01UC\0\0').slice(1)
    expect(values.map((value) => value.slice(4, 4 + value.charCodeAt(0)).trim())).toEqual([
      'pulmonary_nodule_left+',
      'pulmonary_nodule_left',
      'pulmonary_nodule_right-',
      'pulmonary_nodule_right',
    ])
    expect(text).not.toContain('SH\x16\0pulmonary')
  })

  it.skipIf(!hasTool('dciodvfy'))('passes dciodvfy without errors (needs Debian’s dicom3tools)', () => {
    const { text } = runDicomTool('dciodvfy', [], report)
    expect(text.split('\n').filter((line) => line.startsWith('Error'))).toEqual([])
  })

  it.skipIf(!hasTool('dsrdump'))('reads in dsrdump (needs Debian’s dcmtk)', () => {
    const { code, text } = runDicomTool('dsrdump', ['+Pc'], report)
    expect(code).toBe(0)
    expect(text).toContain('(pulmonary_nodule_left,99DETL,')
  })
})
