import { RETEST } from '@detl/core/comparison/retest'
import { beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { type Findings, validateFhir } from '../support/fhir-validator.ts'
import { chestPng } from '../support/images.ts'
import { noJava } from '../support/java.ts'
import { OPERATING_POINTS, testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'

const FHIR = 'application/fhir+json'

/** Of a model that outlines no lungs. */
async function screenings(): Promise<Record<string, string>> {
  const edge = await edgeApp({ manifest: testManifest({ operatingPoints: OPERATING_POINTS }) })
  try {
    const get = async (body: Uint8Array<ArrayBuffer>, accept = FHIR, headers = {}) =>
      (await edge.screen(body, { accept, ...headers })).text()
    const references = { 'fhir-subject': 'Patient/p1', 'fhir-imaging-study': 'ImagingStudy/s1' }
    return {
      png: await get(await chestPng()),
      dicom: await get(chestDicom(), FHIR, { 'accept-language': 'de' }),
      references: await get(chestDicom(), FHIR, references),
      inline: await get(chestDicom(), `${FHIR};image=inline`),
      bundle: await get(chestDicom(), `${FHIR};image=binary`),
      outcome: await get(new TextEncoder().encode('no image')),
    }
  } finally {
    await edge.stop()
  }
}

/** Of one that does: how much of them is opaque, and how two films compare. */
async function opacity(): Promise<Record<string, string>> {
  const manifest = testManifest({ regions: { ...TEST_REGIONS, network: RETEST.network } })
  const edge = await edgeApp({ manifest })
  const filmOf = (day: string, instance: string) =>
    chestDicom(96, {
      '00080020': ['DA', day],
      '00080018': ['UI', `2.25.${instance}`],
      '0020000d': ['UI', `2.25.9${instance}`],
      '0020000e': ['UI', `2.25.8${instance}`],
    })
  const compare = async (language: string) => {
    const body = new FormData()
    for (const film of [filmOf('20260501', '1'), filmOf('20260603', '2')])
      body.append('image', new Blob([film]), 'film')
    const headers = { authorization: `Bearer ${edge.key}`, accept: FHIR, 'accept-language': language }
    return (await edge.request('/v1/comparisons', { method: 'POST', headers, body })).text()
  }
  try {
    const severity = await (await edge.screen(chestDicom(), { accept: FHIR })).text()
    const found = { severity, 'comparison-en': await compare('en'), 'comparison-de': await compare('de') }
    expect(severity).toContain('lung-opacity-score')
    for (const name of ['comparison-en', 'comparison-de'] as const)
      expect(JSON.parse(found[name]).hasMember).toHaveLength(7)
    return found
  } finally {
    await edge.stop()
  }
}

describe.skipIf(noJava)(`HL7’s FHIR validator${noJava ? ` (${noJava})` : ''}`, () => {
  let found: Findings
  beforeAll(async () => {
    found = await validateFhir({ ...(await screenings()), ...(await opacity()) })
  }, 300_000)

  it('finds no error in any FHIR answer: reports, Bundle, OperationOutcome, severity, comparisons', () => {
    expect(found.errors).toEqual([])
  })

  it('warns of nothing but code systems that it does not hold, and of what is good practice where nothing is known', () => {
    expect(found.warnings).toEqual([])
  })
})
