import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { BASE, customersOf } from '../support/dicomweb-customer.ts'
import { edgeApp } from '../support/edge-app.ts'

const STUDY = `${BASE}/studies/${PATIENT.study}`
const image = chestDicom()

let edge: Awaited<ReturnType<typeof edgeApp>>
let customer: ReturnType<typeof customersOf>
beforeAll(async () => {
  edge = await edgeApp()
  customer = customersOf(edge)
})
afterAll(() => edge.stop())

describe('an address of DICOMweb', () => {
  it.each(['application/dicom+json', 'image/jpeg', undefined])(
    'is not found where nothing is kept, whatever is accepted: %s',
    async (accept) => {
      const { get } = await customer({ keepHours: 1 })
      const object = `${STUDY}/series/1.2/instances/1.2.3`
      for (const path of [
        STUDY,
        `${STUDY}/metadata`,
        object,
        `${object}/frames/1`,
        `${object}/bulkdata/7FE00010`,
      ])
        expect((await get(path, accept)).status, path).toBe(404)
    },
  )

  it.each(['1.2.', 'abc', '1..2', '1.2 ', '1'.repeat(65)])(
    'has UIDs: %j is refused by name, in a path and in a search',
    async (uid) => {
      const { key, get, forget } = await customer({ keepHours: 1 })
      const part = encodeURIComponent(uid)
      const answers = [
        await get(`${BASE}/studies/${part}`),
        await get(`${BASE}/studies/${part}/series`),
        await get(`${STUDY}/series/${part}/metadata`),
        await get(`${STUDY}/series/1.2/instances/${part}/frames/1`),
        await get(`${BASE}/studies?StudyInstanceUID=${part}`),
        await get(`${BASE}/series?0020000E=1.2,${part}`),
        await forget(`${BASE}/studies/${part}`),
        await edge.request(`${BASE}/studies/${part}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/dicom' },
          body: image,
        }),
      ]
      for (const answer of answers) {
        const { type, detail } = (await answer.json()) as { type: string; detail: string }
        expect([answer.status, type, detail]).toEqual([
          400,
          expect.stringMatching(/request-invalid$/),
          expect.stringContaining('is no UID'),
        ])
      }
    },
  )
})
