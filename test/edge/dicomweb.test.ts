import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readRelated } from '@detl/core/wire/multipart-related'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, colourDicom, PATIENT } from '../support/chest-dicom.ts'
import { BASE, customersOf, type Item } from '../support/dicomweb-customer.ts'
import { edgeApp } from '../support/edge-app.ts'
import { listen } from '../support/listen.ts'

const execute = promisify(execFile)
const PYTHON = process.env.DETL_DICOMWEB_PYTHON
const noPeer =
  PYTHON !== undefined && existsSync(PYTHON)
    ? undefined
    : 'set DETL_DICOMWEB_PYTHON to a Python with dicomweb-client 0.61.2 and pydicom 3.0.2'
const HOUR = 3600_000
const STUDY = `${BASE}/studies/${PATIENT.study}`

let now = Date.UTC(2026, 5, 15, 12)
let edge: Awaited<ReturnType<typeof edgeApp>>
let customer: ReturnType<typeof customersOf>
beforeAll(async () => {
  edge = await edgeApp({ clock: () => now })
  customer = customersOf(edge)
})
afterAll(() => edge.stop())

const value = (item: Item | undefined, tag: string) => item?.[tag]?.Value?.[0]
const values = (items: Item[], tag: string) => items.map((item) => value(item, tag)).sort()
const image = chestDicom()

describe('what is made of an image that came by STOW-RS', () => {
  it('is not kept unless the account chose so', async () => {
    const { store, get } = await customer()
    const answer = (await (await store(image)).json()) as Item
    expect(answer['00081190']).toBeUndefined()
    expect((await get(`${BASE}/studies`)).status).toBe(204)
    expect((await get(STUDY)).status).toBe(404)
  })

  it('is found by its study (QIDO-RS), for the hours that the account chose and no longer', async () => {
    const { store, get, json } = await customer({ keepHours: 2 })
    const answer = (await (await store(image)).json()) as Item
    expect(value(answer, '00081190')).toBe(`http://localhost${STUDY}`)
    const [study, ...more] = await json(`${BASE}/studies?StudyInstanceUID=${PATIENT.study}`)
    expect(more).toEqual([])
    expect(study).toMatchObject({
      '00080050': { vr: 'SH', Value: [PATIENT.accession] },
      '00080061': { vr: 'CS', Value: ['OT', 'SR'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: PATIENT.name }] },
      '00201206': { vr: 'IS', Value: [2] },
      '00201208': { vr: 'IS', Value: [2] },
    })
    expect(values(await json(`${STUDY}/series`), '00080060')).toEqual(['OT', 'SR'])
    expect(values(await json(`${STUDY}/instances`), '00080060')).toEqual(['OT', 'SR'])
    now += 2 * HOUR - 1
    expect(await json(`${BASE}/instances`)).toHaveLength(2)
    now += 1
    for (const path of [`${BASE}/instances`, `${STUDY}/series`]) expect((await get(path)).status).toBe(204)
    expect((await get(STUDY)).status).toBe(404)
  })

  it('is what the account chose, each in a series of its own; what an image cannot be told as is left out', async () => {
    const { keep, store, json } = await customer()
    await keep(1, ['sr', 'measurements', 'sc', 'seg', 'gsps', 'pdf'])
    await store(image)
    expect(values(await json(`${STUDY}/series`), '00080060')).toEqual(['DOC', 'OT', 'PR', 'SEG', 'SR', 'SR'])
    const colour = colourDicom({ '0020000d': ['UI', '2.25.1112'], '00080018': ['UI', '2.25.3334'] })
    expect((await store(colour)).status).toBe(200)
    expect(values(await json(`${BASE}/studies/2.25.1112/series`), '00080060')).toEqual([
      'DOC',
      'OT',
      'SEG',
      'SR',
      'SR',
    ])
  })

  it.each<[string, number]>([
    [`?PatientID=${PATIENT.id}`, 1],
    ['?PatientID=somebody', 0],
    ['?PatientName=test*', 1],
    ['?00100010=T?st*&StudyDate=20260101-20261231', 1],
    ['?StudyDate=20260103-', 0],
    [`?StudyInstanceUID=1.2.3,${PATIENT.study}`, 1],
    ['?ModalitiesInStudy=SR', 1],
    ['?ModalitiesInStudy=CT', 0],
    ['?AccessionNumber=ACC-42&offset=1', 0],
  ])('is searched for by attributes: %s', async (query, found) => {
    const { store, get } = await customer({ keepHours: 1 })
    await store(image)
    const response = await get(`${BASE}/studies${query}`)
    expect(response.status === 204 ? 0 : ((await response.json()) as Item[]).length).toBe(found)
  })

  it('names in Warning what it was asked for and cannot match', async () => {
    const { store, get } = await customer({ keepHours: 1 })
    await store(image)
    const response = await get(`${BASE}/studies?BodyPartExamined=CHEST&fuzzymatching=true`)
    expect(response.headers.get('warning')).toMatch(/^299 .*BodyPartExamined, fuzzymatching/)
    expect((await get(`${BASE}/studies?limit=all`)).status).toBe(400)
  })

  it('is retrieved as it would be answered to POST /v1/screenings (WADO-RS), and the same when the image comes again', async () => {
    const { id, store, get, json } = await customer({ keepHours: 1 })
    await store(image)
    const response = await get(STUDY)
    const type = response.headers.get('content-type') ?? ''
    const parts = readRelated(type, new Uint8Array(await response.arrayBuffer()))
    expect(parts.map((part) => part.type)).toEqual(
      Array.from({ length: 2 }, () => 'application/dicom; transfer-syntax=1.2.840.10008.1.2.1'),
    )
    for (const { body } of parts) expect(Buffer.from(body.subarray(128, 132)).toString()).toBe('DICM')
    const before = values(await json(`${BASE}/instances`), '00080018')
    expect((await store(image)).status).toBe(200)
    expect(values(await json(`${BASE}/instances`), '00080018')).toEqual(before)
    expect(edge.ledger(id).charged(0, now + 1)).toBe(1)

    const [one] = (await json(`${STUDY}/instances`)).filter((item) => value(item, '00080060') === 'OT')
    const address = new URL(String(value(one, '00081190'))).pathname
    const single = await get(address, 'application/dicom')
    expect(single.headers.get('content-type')).toContain('application/dicom')
    const [described] = await json(`${address}/metadata`)
    const [rows, columns] = [value(described, '00280010'), value(described, '00280011')] as [number, number]
    const frame = await get(`${address}/frames/1`, 'application/octet-stream')
    expect((await frame.arrayBuffer()).byteLength).toBe(rows * columns * 3)
    const bulk = new URL(described!['7FE00010']!.BulkDataURI!).pathname
    expect((await (await get(bulk, 'application/octet-stream')).arrayBuffer()).byteLength).toBe(
      rows * columns * 3,
    )
    expect((await get(`${address}/frames/${Array(500).fill(1)}`)).status).toBe(400)
    for (const missing of [`${address}/frames/2`, `${address}/bulkdata/00420011`])
      expect((await get(missing)).status).toBe(404)
  })

  it('is refused in a media type or transfer syntax that is not offered', async () => {
    const { store, get } = await customer({ keepHours: 1 })
    await store(image)
    for (const accept of [
      'image/jpeg',
      'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.50',
      'multipart/related; type="application/dicom+xml"',
    ])
      expect((await get(STUDY, accept)).status, accept).toBe(406)
    expect((await get(STUDY, 'multipart/related; type="application/dicom"; transfer-syntax=*')).status).toBe(
      200,
    )
  })

  it('is its account’s and mode’s alone, and forgotten at once by DELETE', async () => {
    const [one, other] = [await customer({ keepHours: 1 }), await customer({ keepHours: 1 })]
    await one.store(image)
    expect((await other.get(STUDY)).status).toBe(404)
    const { key } = await edge.newKey(one.id, { mode: 'test' })
    expect((await edge.request(STUDY, { headers: { authorization: `Bearer ${key}` } })).status).toBe(404)
    const [series] = await one.json(`${STUDY}/series`)
    expect((await one.forget(`${STUDY}/series/${value(series, '0020000E')}`)).status).toBe(204)
    expect(await one.json(`${STUDY}/series`)).toHaveLength(1)
    expect((await one.forget(STUDY)).status).toBe(204)
    expect((await one.forget(STUDY)).status).toBe(404)
  })

  it('is kept for 1 to 168 hours', async () => {
    const { keep } = await customer()
    expect([(await keep(0)).status, (await keep(169)).status, (await keep(168)).status]).toEqual([
      400, 400, 200,
    ])
  })
})

describe('the capabilities', () => {
  it('are WADL with every transaction, for anybody; a preflight stays one', async () => {
    const response = await edge.request(`${BASE}/`, { method: 'OPTIONS' })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/vnd.sun.wadl+xml',
    ])
    const xml = await response.text()
    for (const id of ['SearchForStudies', 'StoreInstances', 'RetrieveStudy', 'RetrieveFrames'])
      expect(xml).toContain(`id="${id}"`)
    const preflight = await edge.request(`${BASE}/studies`, {
      method: 'OPTIONS',
      headers: { origin: 'http://page.example', 'access-control-request-method': 'POST' },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    const refused = await edge.request(`${BASE}/`, {
      method: 'OPTIONS',
      headers: { accept: 'application/json' },
    })
    expect(refused.status).toBe(406)
  })
})

const PROGRAM = `
import sys
from pydicom import dcmread
from dicomweb_client import DICOMwebClient
url, key, path = sys.argv[1:]
client = DICOMwebClient(url, headers={'Authorization': 'Bearer ' + key})
answer = client.store_instances([dcmread(path)])
print('stored', len(answer.ReferencedSOPSequence), 'failed' if 'FailedSOPSequence' in answer else 'none failed')
study = answer.RetrieveURL.split('/')[-1]
print('studies', len(client.search_for_studies(search_filters={'StudyInstanceUID': study})))
series = client.search_for_series(study)
print('series', sorted(s['00080060']['Value'][0] for s in series))
objects = client.retrieve_study(study)
print('retrieved', sorted(o.Modality for o in objects), objects[0].PatientName)
image = [o for o in objects if o.Modality == 'OT'][0]
at = (study, image.SeriesInstanceUID, image.SOPInstanceUID)
frame = client.retrieve_instance_frames(*at, frame_numbers=[1])[0]
print('frame', len(frame) == image.Rows * image.Columns * 3, bytes(frame) == image.PixelData[:len(frame)])
print('metadata', [len(client.retrieve_study_metadata(study)), client.retrieve_instance_metadata(*at)['00080060']['Value'][0]])
client.delete_study(study)
print('after', len(client.search_for_studies(search_filters={'StudyInstanceUID': study})))
`

describe.skipIf(noPeer)(`dicomweb-client of Python${noPeer ? ` (${noPeer})` : ''}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'detl-dicomweb-'))
  let served: Awaited<ReturnType<typeof listen>>
  beforeAll(async () => {
    served = await listen(edge)
  })
  afterAll(async () => {
    await served?.stop()
    rmSync(dir, { recursive: true })
  })

  it('stores an image, and finds, reads and deletes what was made of it', async () => {
    const { key } = await customer({ keepHours: 1 })
    writeFileSync(join(dir, 'chest.dcm'), image)
    writeFileSync(join(dir, 'peer.py'), PROGRAM)
    const { stdout } = await execute(PYTHON!, [
      join(dir, 'peer.py'),
      served.url + BASE,
      key,
      join(dir, 'chest.dcm'),
    ])
    expect(stdout.trim().split('\n')).toEqual([
      'stored 1 none failed',
      'studies 1',
      "series ['OT', 'SR']",
      `retrieved ['OT', 'SR'] ${PATIENT.name}`,
      'frame True True',
      "metadata [2, 'OT']",
      'after 0',
    ])
  })
})
