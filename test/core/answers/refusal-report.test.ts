import { toRefusalReport } from '@detl/core/answers/dicom/refusal-report'
import { describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../../support/chest-dicom.ts'
import { hasTool, runDicomTool } from '../../support/dicom-tools.ts'

const report = (language: 'en' | 'de') =>
  toRefusalReport({
    id: '00000000-0000-8000-9000-000000000001',
    at: Date.UTC(2026, 0, 2),
    manifest: { name: 'detl-128', version: '1' },
    bytes: chestDicom(),
    detail: 'too-small: the image has 10 × 10 pixels',
    language,
  })

describe('a report on an image that was not scored', () => {
  it.skipIf(!hasTool('dciodvfy')).each(['en', 'de'] as const)(
    'passes dciodvfy without errors, in %s (needs Debian’s dicom3tools)',
    async (language) => {
      const { text } = runDicomTool('dciodvfy', [], await report(language))
      expect(text.split('\n').filter((line) => line.startsWith('Error'))).toEqual([])
      expect(text).toContain('BasicTextSR')
    },
  )

  it.skipIf(!hasTool('dsrdump'))(
    'says in dsrdump, in the patient’s name, why (needs Debian’s dcmtk)',
    async () => {
      const { code, text } = runDicomTool('dsrdump', ['+Pl'], await report('en'))
      expect(code).toBe(0)
      expect(text).toContain(PATIENT.name)
      expect(text).toContain('was not scored by the chest X-ray screening. too-small')
      expect(text).toContain('CR image')
    },
  )

  it('is the same bytes in a repeat', async () => {
    expect(await report('de')).toEqual(await report('de'))
  })
})
