import { codecs } from '@detl/codecs/modules'
import { screeningSchema } from '@detl/core/api/screening'
import { negotiate } from '@detl/edge/answers/negotiate'
import type { Representation } from '@detl/edge/answers/representations'
import { SCREENING_OFFER } from '@detl/edge/answers/representations'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { hasTool, runDicomTool } from '../support/dicom-tools.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'

let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
const dicom = chestDicom()
/** As anonymisers leave them behind. */
const malformed = chestDicom(96, {
  '00080050': ['SH', 'd14a028c2a3a2bc9476102bb288234c4'],
  '00100030': ['DA', '1970.01.01 or so'],
  '00100040': ['CS', 'X'],
  '00101010': ['AS', '62'],
})
const badUids = chestDicom(96, { '0020000d': ['UI', 'not.a.uid'], '0020000e': ['UI', '1.2.abc'] })
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
  png = await chestPng()
})
afterAll(() => edge.stop())

const answerOf = async (
  body: Uint8Array<ArrayBuffer>,
  accept: string,
  headers: Record<string, string> = {},
) => {
  const response = await edge.screen(body, { accept, ...headers })
  if (response.status !== 200) throw new Error(await response.text())
  return response
}
const bytesOf = async (body: Uint8Array<ArrayBuffer>, accept: string) =>
  new Uint8Array(await (await answerOf(body, accept)).arrayBuffer())

describe('Accept', () => {
  it.each<[string | undefined, boolean, Representation[]]>([
    [undefined, false, ['json']],
    ['*/*', false, ['json']],
    ['application/json', false, ['json']],
    ['text/html, application/fhir+json;q=0.9, image/png;q=0.1', false, ['fhir']],
    ['image/png;q=0.2, application/json;q=0.8', false, ['json']],
    ['image/png, application/json;q=0', false, ['png']],
    ['application/json;q=0, */*', false, ['fhir']],
    ['*/*, application/json;q=0, application/fhir+json;q=0, application/dicom;q=0', false, ['png']],
    ['application/dicom;q=0, application/dicom;object=sr', false, ['sr']],
    ['application/json;charset=utf-8;unknown="a,b"', false, ['json']],
    ['application/fhir+json;fhirVersion=4.0', false, ['fhir']],
    ['application/fhir+json;image=inline', false, ['fhirInline']],
    ['application/fhir+json;fhirVersion=4.0;image=binary', false, ['fhirBundle']],
    ['application/dicom;image=inline', false, ['dicom']],
    ['application/dicom;transfer-syntax=*', false, ['dicom']],
    ['multipart/related, application/json;q=0, image/png', true, ['png']],
    ['application/dicom', false, ['dicom']],
    ['application/dicom;object=sr', false, ['sr']],
    ['application/dicom;object=measurements', false, ['srMeasurements']],
    ['application/dicom;object=pdf', false, ['dicomPdf']],
    ['application/dicom;object=seg', false, ['dicomSeg']],
    ['application/dicom;object=gsps', false, ['dicomGsps']],
    ['application/pdf', false, ['pdf']],
    ['multipart/related; type="application/dicom"', true, ['dicom', 'sr']],
    ['multipart/related, application/fhir+json, image/png', true, ['fhir', 'png']],
  ])('%s', (accept, multipart, parts) => {
    expect(negotiate(accept, SCREENING_OFFER)).toEqual({ multipart, parts })
  })

  it.each([
    'text/html',
    'application/json;q=0',
    '*/*;q=0',
    'application/fhir+json;fhirVersion=5.0',
    'application/dicom;object=rtstruct',
    'application/fhir+json;image=svg',
  ])('%s gets 406, and is not counted', async (accept) => {
    const response = await edge.screen(png, { accept })
    expect(response.status).toBe(406)
    expect(JSON.stringify(await response.json())).toContain('not-acceptable')
  })
})

describe('the JSON answer', () => {
  it('states threshold, sensitivity and specificity of the account’s operating point', async () => {
    const { key } = await edge.newKey('demo', { mode: 'test', scopes: ['account:write', 'screenings:write'] })
    const settings = { operatingPoint: 'screening', prevalence: { pneumonia: 0.02 } }
    expect((await edge.call('PUT', '/v1/account/settings', key, settings)).status).toBe(200)
    const screening = screeningSchema.parse(await (await answerOf(png, 'application/json')).json())
    expect(screening.decision?.operatingPoint).toBe('screening')
    expect(screening.decision?.classes[2]).toMatchObject({
      class: 'pneumonia',
      threshold: 0.1,
      prevalence: 0.02,
    })
  })
})

describe('an answer of several parts', () => {
  it('decodes the image once beside the scoring, however many of them show it', async () => {
    let decoded = 0
    const jpeg: typeof codecs.jpeg = (bytes, halvings) => {
      decoded++
      return codecs.jpeg(bytes, halvings)
    }
    const counting = await edgeApp({ deps: { codecs: { ...codecs, jpeg } } })
    try {
      const file = new Uint8Array(await sharp(png).toColourspace('b-w').jpeg().toBuffer())
      const response = await counting.screen(file, {
        accept: 'multipart/related, image/png, application/dicom, application/fhir+json',
      })
      expect(response.status).toBe(200)
      const body = Buffer.from(await response.arrayBuffer())
      for (const type of ['image/png', 'application/dicom', 'application/fhir+json'])
        expect(body.includes(`Content-Type: ${type}`), type).toBe(true)
      expect(decoded).toBe(2)
      const alone = await counting.screen(file, { accept: 'image/png' })
      expect(body.includes(Buffer.from(await alone.arrayBuffer()))).toBe(true)
    } finally {
      await counting.stop()
    }
  })
})

const OVERLAY = 'application/dicom'
const REPORT = 'application/dicom;object=sr'
const PDF = 'application/dicom;object=pdf'
const SEGMENTATION = 'application/dicom;object=seg'
const PRESENTATION = 'application/dicom;object=gsps'
const MEASUREMENTS = 'application/dicom;object=measurements'

describe('a DICOM answer', () => {
  it.skipIf(!hasTool('dciodvfy')).each([
    ['overlay of a DICOM image', dicom, OVERLAY],
    ['report on a DICOM image', dicom, REPORT],
    ['overlay of a DICOM image with malformed attributes', malformed, OVERLAY],
    ['report on a DICOM image with malformed attributes', malformed, REPORT],
    ['overlay of a DICOM image whose UIDs are none', badUids, OVERLAY],
    ['report on a DICOM image whose UIDs are none', badUids, REPORT],
    ['overlay of a PNG', undefined, OVERLAY],
    ['report on a PNG', undefined, REPORT],
    ['measurement report on a DICOM image', dicom, MEASUREMENTS],
    ['PDF of a DICOM image', dicom, PDF],
    ['PDF of a PNG', undefined, PDF],
    ['segmentation on a DICOM image', dicom, SEGMENTATION],
    ['presentation state of a DICOM image', dicom, PRESENTATION],
  ])('%s passes dciodvfy without errors (needs Debian’s dicom3tools)', async (_, image, accept) => {
    const { text } = runDicomTool('dciodvfy', [], await bytesOf(image ?? png, accept))
    expect(text).toMatch(
      /^(SCImage|ComprehensiveSR|Comprehensive3DSR|EncapsulatedPDF|Segmentation|GrayscaleSoftcopyPresentationState)$/m,
    ) // it knew the object, so it did look
    expect(text.split('\n').filter((line) => /^Error/i.test(line))).toEqual([])
  })

  it.skipIf(!hasTool('dsrdump'))(
    'report reads in dsrdump as TID 1500 by a device (needs Debian’s dcmtk)',
    async () => {
      const { code, text } = runDicomTool('dsrdump', ['+Pl'], await bytesOf(dicom, REPORT))
      expect([code, text]).toEqual([0, expect.stringContaining('Diagnostic imaging study')])
      expect(text).toContain('<has obs context CODE:(,,"Observer Type")=(121007,DCM,"Device")>')
      expect(text.match(/<has obs context TEXT:.*="AI probability of /g)).toHaveLength(4)
      expect(text).not.toContain('840539006') // a disease's code would read as its presence
      expect(text.match(/the threshold of [\d.]+ % \(operating point: \w+\); sensitivity/g)).toHaveLength(4)
    },
  )

  it.skipIf(!hasTool('dsr2html'))(
    'report is read by dsr2html, the decision before the scores (needs Debian’s dcmtk)',
    async () => {
      const { decision } = screeningSchema.parse(await (await answerOf(dicom, 'application/json')).json())
      for (const accept of [REPORT, MEASUREMENTS]) {
        const { code, text } = runDicomTool('dsr2html', ['+Ca', 'latin-1'], await bytesOf(dicom, accept))
        expect(code, text).toBe(0)
        const [conclusion, score] = [text.indexOf(decision.headline), text.indexOf('AI probability of')]
        expect([conclusion > 0, score > conclusion]).toEqual([true, true])
      }
    },
  )

  it.skipIf(!hasTool('dcmdump'))(
    'joins the patient and study of its image in a series of its own (needs dcmtk)',
    async () => {
      const series = new Set([PATIENT.series])
      for (const accept of [OVERLAY, REPORT, PDF]) {
        const { text } = runDicomTool(
          'dcmdump',
          ['+P', '0010,0020', '+P', '0020,000d', '+P', '0020,000e', '+P', '0008,0050', '+P', '0010,0010'],
          await bytesOf(dicom, accept),
        )
        for (const value of [PATIENT.id, PATIENT.study, PATIENT.accession, PATIENT.name])
          expect(text).toContain(`[${value}`)
        series.add(/\(0020,000e\) UI \[([\d.]+)/.exec(text)?.[1] ?? '')
      }
      expect(series.size).toBe(4)
    },
  )

  it('is the same bytes in a repeat', async () => {
    const headers = { 'idempotency-key': 'dicom-1' }
    const [first, again] = [await answerOf(dicom, OVERLAY, headers), await answerOf(dicom, OVERLAY, headers)]
    expect(new Uint8Array(await again.arrayBuffer())).toEqual(new Uint8Array(await first.arrayBuffer()))
  })
})

describe('multipart/related', () => {
  it('holds each of what was asked for', async () => {
    const response = await answerOf(
      dicom,
      'multipart/related, application/json, application/dicom, image/png',
    )
    const type = response.headers.get('content-type') ?? ''
    const boundary = /boundary="([^"]+)"/.exec(type)?.[1] ?? '?'
    const body = Buffer.from(await response.arrayBuffer()).toString('latin1')
    const parts = body.split(`--${boundary}`)
    expect(parts.at(-1)).toBe('--\r\n')
    const types = parts.slice(1, -1).map((part) => /Content-Type: ([^\r;]+)/.exec(part)?.[1])
    expect(types).toEqual(['application/json', 'application/dicom', 'image/png'])
  })
})
