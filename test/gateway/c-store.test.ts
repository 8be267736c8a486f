import { storeObjects } from '@detl/gateway/deliver/dimse-scu'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { freePort } from '../support/free-port.ts'
import { dimseIn, serviceFor } from '../support/gateway.ts'
import { rawStore } from '../support/raw-store.ts'

let service: Awaited<ReturnType<typeof serviceFor>>
beforeAll(async () => {
  service = await serviceFor()
})
afterAll(() => service?.stop())

it('answers C000 to a C-STORE whose command does not say which object it is', async () => {
  const dimse = await dimseIn()
  const pacs = { kind: 'dimse', aet: 'PACS', host: '127.0.0.1', port: await freePort() }
  const { queue, stop } = await service.start({ dimse, destinations: { pacs } })
  try {
    const to = { kind: 'dimse' as const, aet: 'DETL', host: '127.0.0.1', port: dimse.port, objects: [] }
    const nameless = { file: chestDicom(), sop_class: '1.2.840.10008.5.1.4.1.1.1', sop_instance: '' }
    const failed = await storeObjects(to, 'STORESCU', [nameless]).catch(
      (error: { fault: unknown }) => error.fault,
    )
    expect(failed).toMatchObject({ code: 'store-refused', reason: 'DETL: status C000', final: true })
    expect(queue.counts()).toMatchObject({ unreadable: 1 })
  } finally {
    await stop()
  }
})

it('answers presentation contexts under the ids that they were sent with, in whatever order those come', async () => {
  const dimse = await dimseIn()
  const pacs = { kind: 'dimse', aet: 'PACS', host: '127.0.0.1', port: await freePort() }
  const { queue, stop } = await service.start({ dimse, destinations: { pacs } })
  const image = { abstractSyntax: '1.2.840.10008.5.1.4.1.1.1', transferSyntax: '1.2.840.10008.1.2.1' }
  const echo = { abstractSyntax: '1.2.840.10008.1.1' }
  const file = chestDicom()
  const meta = 132 + 12 + Buffer.from(file).readUInt32LE(132 + 8) // the data set begins behind it
  const object = {
    sopClass: image.abstractSyntax,
    sopInstance: PATIENT.instance,
    bytes: file.subarray(meta),
  }
  try {
    for (const [first, second, third] of [
      [3, 1, 255],
      [255, 3, 1],
      [1, 7, 9],
    ] as const) {
      const asked = [
        { id: first, ...echo },
        { id: second, ...image },
        { id: third, ...echo },
      ]
      expect(await rawStore(dimse.port, asked, { id: second, object })).toEqual({
        ids: [first, second, third],
        status: 0,
      })
    }
    expect(queue.counts()).toMatchObject({ again: 2 }) // one object, taken in once
    const twice = [
      { id: 1, ...echo },
      { id: 1, ...image },
    ]
    expect(await rawStore(dimse.port, twice, { id: 1, object })).toBeNull()
  } finally {
    await stop()
  }
})
