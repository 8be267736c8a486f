import { storeObjects } from '@detl/gateway/deliver/dimse-scu'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { freePort } from '../support/free-port.ts'
import { dimseIn, serviceFor } from '../support/gateway.ts'

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
