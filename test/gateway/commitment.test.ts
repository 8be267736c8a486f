import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { parseConfig } from '@detl/gateway/config'
import dimse from 'dcmjs-dimse'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { freePort } from '../support/free-port.ts'
import { dimseIn, serviceFor } from '../support/gateway.ts'
import { hasOrthanc, startOrthanc } from '../support/orthanc.ts'

const WAIT = { interval: 50 }
const absent = hasOrthanc() ? undefined : 'needs Debian’s orthanc and orthanc-dicomweb'
type Report = ReturnType<typeof reportOn>

let service: Awaited<ReturnType<typeof serviceFor>>
let running: { stop: () => Promise<unknown> }[] = []
let cases = 0
beforeAll(async () => {
  service = await serviceFor()
})
afterEach(async () => {
  for (const one of running.reverse()) await one.stop()
  running = []
})
afterAll(() => service?.stop())

/** A gateway that takes one image and wants its answers committed. */
async function start(dimseAt: object, aet: string, port: number, waitS = 10) {
  const name = `case-${cases++}`
  mkdirSync(join(service.dir, name))
  const ids = { '0020000d': ['UI', `2.25.3${cases}`], '00080018': ['UI', `2.25.4${cases}`] } as const
  writeFileSync(join(service.dir, name, 'a.dcm'), chestDicom(96, ids))
  const pacs = { kind: 'dimse', aet, host: '127.0.0.1', port, commitment: { waitS } }
  const settings = {
    dimse: dimseAt,
    folders: [{ path: name, everyS: 0.05 }],
    destinations: { pacs },
  }
  const gateway = await service.start(settings, `data-${name}`)
  running.push(gateway)
  return gateway.queue
}

it.skipIf(absent)(
  `an answer is done once Orthanc has committed itself to it${absent ? ` (${absent})` : ''}`,
  async () => {
    const own = await dimseIn(['ORTHANC'])
    const orthanc = await startOrthanc({ nodes: [{ aet: own.aet, port: own.port }] })
    running.push(orthanc)
    const queue = await start(own, 'ORTHANC', orthanc.dicomPort)
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(queue.deliveriesOf(1)).toMatchObject([{ state: 'done', attempts: 0 }])
    expect(await orthanc.modalities()).toEqual({ [`2.25.3${cases}`]: ['OT', 'SR'] })
  },
)

it.skipIf(absent)(
  `an answer that Orthanc cannot report on waits, and says what to look at${absent ? ` (${absent})` : ''}`,
  async () => {
    const own = await dimseIn(['ORTHANC'])
    const elsewhere = { aet: own.aet, port: await freePort() }
    const orthanc = await startOrthanc({ nodes: [elsewhere] })
    running.push(orthanc)
    const queue = await start(own, 'ORTHANC', orthanc.dicomPort, 0.5)
    await expect
      .poll(() => queue.deliveriesOf(1), WAIT)
      .toMatchObject([{ state: 'waiting', code: 'commitment-not-reported' }])
    expect(await orthanc.modalities()).toEqual({ [`2.25.3${cases}`]: ['OT', 'SR'] })
  },
)

describe('an archive that', () => {
  /** It stores everything, and reports over the association that asked what it is told to. */
  async function archive(report: (n: number) => Report | undefined, status = 0) {
    const port = await freePort()
    let asked = 0
    let stored = 0
    class Archive extends dimse.Scp {
      override associationRequested(association: dimse.association.Association) {
        for (const { id, context } of association.getPresentationContexts())
          association.getPresentationContext(id).setResult(0, context.getTransferSyntaxUids()[0]!)
        this.sendAssociationAccept()
      }
      override associationReleaseRequested() {
        this.sendAssociationReleaseResponse()
      }
      override cStoreRequest(
        request: dimse.requests.CStoreRequest,
        answer: (response: dimse.responses.CStoreResponse) => void,
      ) {
        stored++
        const response = dimse.responses.CStoreResponse.fromRequest(request)
        response.setStatus(0)
        answer(response)
      }
      override nActionRequest(
        request: dimse.requests.NActionRequest,
        answer: (response: dimse.responses.NActionResponse) => void,
      ) {
        const response = dimse.responses.NActionResponse.fromRequest(request)
        response.setStatus(status)
        answer(response)
        const { TransactionUID, ReferencedSOPSequence } = JSON.parse(
          JSON.stringify(request.getDataset()!.getElements()),
        )
        const said = report(asked++)
        if (said) this.sendRequests(said(TransactionUID, ReferencedSOPSequence))
      }
    }
    const server = createServer((socket) => void new Archive(socket, {}))
    server.listen(port, '127.0.0.1')
    running.push({ stop: async () => void server.close() })
    return { port, asked: () => asked, stored: () => stored }
  }

  it('fails for one object is sent all again, and asked again, until it commits itself', async () => {
    const pacs = await archive((n) => reportOn(n === 0 ? 1 : 0))
    const queue = await start(await dimseIn(['PACS']), 'PACS', pacs.port)
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(queue.deliveriesOf(1)).toMatchObject([{ attempts: 1 }])
    expect([pacs.asked(), pacs.stored()]).toEqual([2, 4])
  })

  it('leaves an object out has not committed itself to it', async () => {
    const pacs = await archive(() => reportOn(0, 1))
    const queue = await start(await dimseIn(['PACS']), 'PACS', pacs.port)
    await expect
      .poll(() => queue.deliveriesOf(1), WAIT)
      .toMatchObject([{ state: 'waiting', code: 'not-committed' }])
  })

  it('refuses the request is named with its status', async () => {
    const pacs = await archive(() => undefined, 0x0110)
    const queue = await start(await dimseIn(['PACS']), 'PACS', pacs.port)
    await expect
      .poll(() => queue.deliveriesOf(1), WAIT)
      .toMatchObject([{ code: 'commitment-refused', reason: expect.stringContaining('status 0110') }])
  })

  it('may not call is refused in the configuration', () => {
    const pacs = { kind: 'dimse', aet: 'PACS', host: 'pacs', port: 104, commitment: {} }
    const config = { service: { url: 'https://screening.example' }, data: 'data', destinations: { pacs } }
    expect(() => parseConfig({ ...config, folders: [{ path: 'in' }] }, '/')).toThrow(
      /destinations\.pacs\.commitment: .*add { "aet": "PACS" } to dimse\.callers/,
    )
  })
})

/** An N-EVENT-REPORT in which the first `failed` objects fail, and the next `left` ones are not spoken of. */
function reportOn(failed: number, left = 0) {
  return (TransactionUID: string, objects: { ReferencedSOPInstanceUID: string }[]) => {
    const request = new dimse.requests.NEventReportRequest(
      '1.2.840.10008.1.20.1',
      '1.2.840.10008.1.20.1.1',
      failed > 0 ? 2 : 1,
    )
    const elements = {
      TransactionUID,
      ReferencedSOPSequence: objects.slice(failed + left),
      ...(failed > 0 && {
        FailedSOPSequence: objects.slice(0, failed).map((one) => ({ ...one, FailureReason: 0x0112 })),
      }),
    }
    request.setDataset(new dimse.Dataset(elements, '1.2.840.10008.1.2'))
    return request
  }
}
