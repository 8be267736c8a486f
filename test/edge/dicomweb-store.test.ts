import { writePart10 } from '@detl/core/answers/dicom/writer'
import type { UsageRow } from '@detl/core/api/account'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { writeRelated } from '@detl/core/wire/multipart-related'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'

type Item = Record<string, { vr: string; Value?: (string | number)[] }>
type Answer = Record<string, { vr: string; Value: Item[] }>
const [FAILED, STORED, OTHER] = ['00081198', '00081199', '0008119A'] as const

let edge: Awaited<ReturnType<typeof edgeApp>>
beforeAll(async () => {
  edge = await edgeApp({ manifest: testManifest({ gate: DEFAULT_GATE }) })
})
beforeEach(() => {
  edge.gpu.trouble = undefined
})
afterAll(() => edge.stop())

const image = (n: number, study = PATIENT.study) =>
  chestDicom(256, { '00080018': ['UI', `2.25.700${n}`], '0020000d': ['UI', study] })
/** A flat grey object: it is read, and refused by the gate. */
const flat = chestDicom(256, {
  '00080018': ['UI', '2.25.666'],
  '7fe00010': ['OW', new Uint8Array(2 * 256 * 256).fill(7)],
})
/** A report has no pixels. */
const report = writePart10('1.2.840.10008.5.1.4.1.1.88.11', '2.25.888', {
  '00080060': ['CS', 'SR'],
  '0020000d': ['UI', PATIENT.study],
  '0020000e': ['UI', PATIENT.series],
})

let accounts = 0
async function customer() {
  const id = `stow${accounts++}`
  await edge.account(id)
  const { key } = await edge.newKey(id)
  return {
    id,
    async store(
      objects: readonly Uint8Array[],
      {
        path = '/v1/dicomweb/studies',
        headers = {},
      }: { path?: string; headers?: Record<string, string> } = {},
    ) {
      const { type, body } = writeRelated(objects)
      return edge.request(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': type, ...headers },
        body,
      })
    },
    send: (body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
      edge.request('/v1/dicomweb/studies', {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, ...headers },
        body,
      }),
    screen: (body: Uint8Array<ArrayBuffer>) => edge.screen(body, { authorization: `Bearer ${key}` }),
    async usage() {
      const { usage } = await edge.admin<{ usage: UsageRow[] }>('GET', `/accounts/${id}/usage`)
      return Object.fromEntries(
        usage.map(({ outcome, screenings, billed }) => [outcome, [screenings, billed]]),
      )
    },
  }
}
const answerOf = async (response: Response) => (await response.json()) as Answer
const first = (item: Item | undefined, tag: string) => item?.[tag]?.Value?.[0]
/** SOP Instance UID and Failure Reason of each item. */
const items = (answer: Answer, tag: string) =>
  (answer[tag]?.Value ?? []).map((item) => [first(item, '00081155'), first(item, '00081197')])

describe('STOW-RS at the edge', () => {
  it('screens each image of a request: one charge an image, and the deciding sentence of each', async () => {
    const { store, usage, screen } = await customer()
    const response = await store([image(1), image(2)])
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/dicom+json'])
    const answer = await answerOf(response)
    expect(Object.keys(answer)).toEqual([STORED])
    expect(items(answer, STORED)).toEqual([
      ['2.25.7001', undefined],
      ['2.25.7002', undefined],
    ])
    expect(await usage()).toEqual({ answered: [2, 2] })
    const { decision } = (await (await screen(image(1))).json()) as { decision: { headline: string } }
    expect(first(answer[STORED]!.Value[0], '00991002')).toBe(decision.headline)
  })

  it('takes one object as application/dicom', async () => {
    const { send, usage } = await customer()
    const response = await send(image(1), { 'content-type': 'application/dicom', accept: '*/*' })
    expect([response.status, items(await answerOf(response), STORED)]).toEqual([
      200,
      [['2.25.7001', undefined]],
    ])
    expect(await usage()).toEqual({ answered: [1, 1] })
  })

  it('charges an object that comes again once, also while it is under way, and another image under its UID not at all', async () => {
    const { store, usage } = await customer()
    const [a, b] = await Promise.all([store([image(1)]), store([image(1)])])
    const again = await store([image(1)])
    const statuses = [a.status, b.status].sort()
    expect(statuses[0] === 200 && [200, 503].includes(statuses[1]!)).toBe(true)
    expect(again.status).toBe(200)
    const other = chestDicom(300, { '00080018': ['UI', '2.25.7001'] })
    const refused = await store([other])
    expect([refused.status, items(await answerOf(refused), FAILED)]).toEqual([409, [['2.25.7001', 0xa900]]])
    const { answered } = await usage()
    expect(answered).toEqual([1, 1])
  })

  it('answers 202 where some are refused, each with its reason, and charges the others', async () => {
    const { store, usage } = await customer()
    const junk = new TextEncoder().encode('no DICOM object')
    const response = await store([image(1), flat, junk, await chestPng()])
    expect(response.status).toBe(202)
    const answer = await answerOf(response)
    expect(items(answer, STORED)).toEqual([['2.25.7001', undefined]])
    expect(items(answer, FAILED)).toEqual([['2.25.666', 0xc001]])
    expect(items(answer, OTHER)).toEqual([
      [undefined, 0xc000],
      [undefined, 0xc000],
    ])
    const [refused] = answer[FAILED]!.Value
    expect(first(refused, '00991003')).toBe('image-unsuitable')
    expect(first(refused, '00991004')).toMatch(/\S/)
    expect(await usage()).toEqual({ answered: [1, 1], 'image-unsuitable': [1, 0] })
  })

  it('answers 409 where none is screened: another study than the address names, an object without pixels', async () => {
    const { store, usage } = await customer()
    const path = '/v1/dicomweb/studies/2.25.4711'
    const response = await store([image(1)], { path })
    expect([response.status, items(await answerOf(response), FAILED)]).toEqual([409, [['2.25.7001', 0xa900]]])
    expect((await store([image(1, '2.25.4711')], { path })).status).toBe(200)
    const noImage = await store([report])
    expect([noImage.status, items(await answerOf(noImage), FAILED)]).toEqual([409, [['2.25.888', 0x0122]]])
    expect(await usage()).toEqual({ answered: [1, 1], 'image-unsupported': [1, 0] })
  })

  it('answers 503 and when to try again where nothing can be screened for the moment', async () => {
    const { store, usage } = await customer()
    edge.gpu.trouble = () => ({ status: 503 })
    const response = await store([image(1)])
    expect([response.status, items(await answerOf(response), FAILED)]).toEqual([503, [['2.25.7001', 0xa700]]])
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    edge.gpu.trouble = undefined
    expect((await store([image(1)])).status).toBe(200)
    expect(await usage()).toEqual({ answered: [1, 1], 'upstream-unavailable': [1, 0] })
  })

  it('is XML where Accept asks for it', async () => {
    const { store } = await customer()
    const response = await store([image(1), flat], { headers: { accept: 'application/dicom+xml' } })
    expect([response.status, response.headers.get('content-type')]).toEqual([202, 'application/dicom+xml'])
    const xml = await response.text()
    expect(xml).toContain(
      '<DicomAttribute tag="00081199" vr="SQ" keyword="ReferencedSOPSequence"><Item number="1">',
    )
    expect(xml).toContain(
      '<DicomAttribute tag="00081197" vr="US" keyword="FailureReason"><Value number="1">49153</Value>',
    )
    expect(xml).toContain('privateCreator="DETL"')
  })

  it.each<[number, string, Record<string, string>]>([
    [406, 'not-acceptable', { accept: 'text/html' }],
    [
      415,
      'image-unsupported',
      { 'content-type': 'multipart/related; type="application/dicom+json"; boundary=x' },
    ],
    [415, 'image-unsupported', { 'content-type': 'image/png' }],
    [400, 'request-invalid', { 'content-type': 'multipart/related; type="application/dicom"' }],
    [400, 'request-invalid', { 'idempotency-key': ' ' }],
    [401, 'key-invalid', { authorization: 'Bearer detl_test_nobody' }],
  ])('refuses the request as a whole with %i %s', async (status, code, headers) => {
    const { store } = await customer()
    const response = await store([image(1)], { headers })
    const problem = (await response.json()) as { type: string }
    expect([response.status, problem.type]).toEqual([status, `/problems/${code}`])
  })

  it('takes 32 objects at most, and as many bytes as an upload may have', async () => {
    const { store, usage } = await customer()
    const small = chestDicom(16)
    expect((await store(Array.from({ length: 33 }, () => small))).status).toBe(400)
    const large = await store(Array.from({ length: 10 }, (_, n) => image(n)))
    expect(large.status).toBe(413)
    expect(await usage()).toEqual({})
  })
})
