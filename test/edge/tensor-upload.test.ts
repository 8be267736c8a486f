import { codecs } from '@detl/codecs/modules'
import { type Screening, screeningSchema } from '@detl/core/api/screening'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import type { Intake } from '@detl/core/intake/taken-in'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { HEADER_LENGTH } from '@detl/core/wire/oip'
import { encodeTensorUpload } from '@detl/core/wire/tensor-upload'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'

let edge: Awaited<ReturnType<typeof edgeApp>>
let png: Uint8Array<ArrayBuffer>
let intake: Intake
let upload: ReturnType<typeof encodeTensorUpload>
beforeAll(async () => {
  edge = await edgeApp()
  png = await chestPng(1, 128)
  const { preprocess, gate: spec } = edge.manifest
  const gate = { mode: 'refuse', spec } as const
  intake = await takeIn(png, preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  upload = encodeTensorUpload(intake, preprocess)
})
afterAll(() => edge.stop())

const send = (headers: Record<string, string> = {}, body = upload.body) =>
  edge.screen(body, { ...upload.headers, ...headers })
async function answerOf(response: Response): Promise<Screening> {
  if (response.status !== 200) throw new Error(await response.text())
  return screeningSchema.parse(await response.json())
}

describe('a tensor instead of the image', () => {
  it('gets what the image gets, and says who made it', async () => {
    const { id: a, preprocessedBy: byService, ...ofImage } = await answerOf(await edge.screen(png))
    const { id: b, preprocessedBy: byClient, ...ofTensor } = await answerOf(await send())
    expect(ofTensor).toEqual(ofImage)
    expect([byService, byClient]).toEqual(['service', 'client'])
    expect(a).not.toBe(b)
    expect(upload.body.length).toBeLessThan(edge.manifest.preprocess.size ** 2 + 1000)
  })

  it('is counted and charged as an image is', async () => {
    await edge.account('clinic')
    const { key } = await edge.newKey('clinic', { scopes: ['screenings:write', 'usage:read'] })
    const headers = { authorization: `Bearer ${key}` }
    await answerOf(await send(headers))
    const refused = await send({ ...headers, [HEADER_LENGTH]: '7' })
    expect(refused.status).toBe(400)
    const usage = await edge.call('GET', '/v1/usage', key)
    const rows = (
      (await usage.json()) as { usage: { outcome: string; screenings: number; billed: number }[] }
    ).usage
    const of = (outcome: string) => rows.find((row) => row.outcome === outcome)
    expect(of('answered')).toMatchObject({ screenings: 1, billed: 1 })
    expect(of('request-invalid')).toMatchObject({ screenings: 1, billed: 0 })
  })

  it('is the same screening as its image under the same Idempotency-Key, whichever comes first', async () => {
    const key = { 'idempotency-key': 'tensor-then-image' }
    const first = await answerOf(await send(key))
    const again = await edge.screen(png, { ...key, accept: 'application/fhir+json' })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(await again.json()).toMatchObject({ resourceType: 'DiagnosticReport', id: first.id })
    const other = await edge.screen(await chestPng(9, 128), key)
    expect(await other.json()).toMatchObject({ type: '/problems/idempotency-mismatch' })
  })

  it('is answered later where that is asked for', async () => {
    const accepted = await send({ prefer: 'respond-async' })
    expect(accepted.status).toBe(202)
    await edge.runJobs()
    const job = await edge.call('GET', accepted.headers.get('location')!, edge.key)
    expect(await job.json()).toMatchObject({
      status: 'succeeded',
      screening: { preprocessedBy: 'client', image: { format: 'png', width: 128 } },
    })
  })
})

describe('a tensor is refused', () => {
  it.each([
    ['image/png', 'image/png'],
    ['application/dicom', 'application/dicom'],
    ['application/dicom;object=sr', 'application/dicom'],
    ['multipart/related, application/json', 'multipart/related'],
  ])('where %s is wanted, which needs the image', async (accept, named) => {
    const response = await send({ accept })
    expect(response.status).toBe(406)
    const { type, detail } = (await response.json()) as { type: string; detail: string }
    expect(type).toBe('/problems/not-acceptable')
    expect(detail).toContain(`${named} is made from the image`)
  })

  it('where FHIR is wanted, with an OperationOutcome', async () => {
    const response = await send({ accept: 'application/fhir+json' })
    expect(response.status).toBe(406)
    const { resourceType, issue } = (await response.json()) as {
      resourceType: string
      issue: { diagnostics: string; details: { coding: { code: string }[] } }[]
    }
    expect(resourceType).toBe('OperationOutcome')
    expect(issue[0]!.details.coding[0]!.code).toBe('not-acceptable')
    expect(issue[0]!.diagnostics).toContain('application/fhir+json is made from the image')
  })

  it('that another specification made', async () => {
    const { size } = edge.manifest.preprocess
    const other = encodeTensorUpload(intake, { ...cxrGrey(size), name: 'other' as 'cxr-grey' })
    const response = await send(other.headers, other.body)
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({
      type: '/problems/preprocess-mismatch',
      detail: `the tensor is of other@2/${size}; this model takes cxr-grey@2/${size}`,
    })
  })

  type Head = {
    inputs: { name: string; shape: number[]; parameters: object }[]
    parameters: { taken?: string }
  }
  type Taken = { width: number; quality: { remarks: string[]; unlikeness: number } }
  /** The upload with a change of its JSON part, or of what that says of the image; the tensor behind it as it was. */
  function changed(change: (head: Head, taken: Taken) => void) {
    const length = Number(upload.headers[HEADER_LENGTH])
    const head = JSON.parse(new TextDecoder().decode(upload.body.subarray(0, length))) as Head
    const taken = JSON.parse(head.parameters.taken!) as Taken
    change(head, taken)
    if (head.parameters.taken) head.parameters.taken = JSON.stringify(taken)
    const json = new TextEncoder().encode(JSON.stringify(head))
    const body = new Uint8Array([...json, ...upload.body.subarray(length)])
    return { headers: { [HEADER_LENGTH]: String(json.length) }, body }
  }
  it.each<[string, string, (head: Head, taken: Taken) => void]>([
    ['of another shape', 'the tensor must be "image"', (head) => head.inputs[0]!.shape.unshift(1)],
    [
      'of another name',
      'the tensor must be "image"',
      (head) => Object.assign(head.inputs[0]!, { name: 'x' }),
    ],
    ['without what the gate measured', 'parameter taken', (head) => delete head.parameters.taken],
    [
      'that the gate would have refused',
      'quality.unlikeness',
      (_, taken) => (taken.quality.unlikeness = 1.2),
    ],
    ['with words of its own', 'quality.remarks', (_, taken) => taken.quality.remarks.push('diagnosis')],
    ['of an image without a size', 'width', (_, taken) => (taken.width = 0)],
    ['that ends early', 'binary_data_size', (head) => (head.inputs[0]!.parameters = { binary_data_size: 9 })],
  ])('%s', async (_, words, change) => {
    const { headers, body } = changed(change)
    const response = await send(headers, body)
    expect(response.status).toBe(400)
    const { type, detail } = (await response.json()) as { type: string; detail: string }
    expect(type).toBe('/problems/request-invalid')
    expect(detail).toContain(words)
  })

  it('without the length of its JSON part', async () => {
    const response = await edge.screen(upload.body, { 'content-type': upload.headers['content-type']! })
    expect(await response.json()).toMatchObject({ detail: `a tensor needs ${HEADER_LENGTH}` })
  })

  it('by a code, wherever a byte of it is damaged', async () => {
    const length = Number(upload.headers[HEADER_LENGTH])
    await fc.assert(
      fc.asyncProperty(fc.nat(length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const body = upload.body.slice()
        body[at]! ^= flip
        expect([200, 400, 409]).toContain((await send({}, body)).status)
      }),
      { numRuns: 60 },
    )
  })
})
