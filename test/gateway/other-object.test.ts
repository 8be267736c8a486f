import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeRelated } from '@detl/core/wire/multipart-related'
import { storeObjects } from '@detl/gateway/deliver/dimse-scu'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { freePort } from '../support/free-port.ts'
import { dimseIn, serviceFor } from '../support/gateway.ts'
import { listenWith } from '../support/listen.ts'

const WAIT = { interval: 50, timeout: 15_000 }
const DICOM_JSON = { 'content-type': 'application/dicom+json' }
const STUDY = '1.2.3'
const ui = (...Value: string[]) => ({ vr: 'UI', Value })
const film = (instance: string, study = STUDY) =>
  chestDicom(96, { '00080018': ['UI', instance], '0020000d': ['UI', study], '0020000e': ['UI', '1.2.3.1'] })

/** An archive of two series with these instances; `give` says what comes for one of them: an object, or a status. */
async function archive(
  instances: Record<string, readonly string[]>,
  give: (instance: string) => Uint8Array | number,
) {
  const asked: string[] = []
  let rounds = 0
  const server = await listenWith((request, response) => {
    const path = request.url!.split('?')[0]!.split('/')
    const last = path.at(-1)!
    const json = (rows: unknown) => response.writeHead(200, DICOM_JSON).end(JSON.stringify(rows))
    if (last === 'series') rounds++
    if (last === 'series')
      return json(Object.keys(instances).map((one) => ({ '0020000D': ui(STUDY), '0020000E': ui(one) })))
    if (last === 'instances') {
      const listed = instances[path.at(-2)!]!
      return listed.length === 0
        ? response.writeHead(500).end()
        : json(listed.map((one) => ({ '00080018': ui(one) })))
    }
    asked.push(last)
    const given = give(last)
    if (typeof given === 'number') return response.writeHead(given).end()
    const { type, body } = writeRelated([given])
    return response.writeHead(200, { 'content-type': type }).end(body)
  })
  return { ...server, asked, rounds: () => rounds }
}

describe('a gateway that is given another object than the one it was promised', () => {
  let service: Awaited<ReturnType<typeof serviceFor>>
  beforeAll(async () => {
    service = await serviceFor()
  })
  afterAll(() => service?.stop())
  const nowhere = { pacs: { kind: 'stow', url: 'http://127.0.0.1:9' } }

  it('takes none of it from an archive, asks again later, and then leaves it to a person', async () => {
    let right = false
    const server = await archive({ '1.2.3.1': ['1.2.3.4.1', '1.2.3.4.2'] }, (instance) =>
      film(instance === '1.2.3.4.1' && !right ? '1.2.3.4.9' : instance),
    )
    const { queue, stop } = await service.start(
      {
        poll: [{ url: server.url, everyS: 0.05 }],
        retry: { firstS: 0.1, longestS: 0.2, giveUpAfterS: 0.4 },
        destinations: nowhere,
      },
      'data-other',
    )
    const mine = () => queue.deadLetters().filter(({ name }) => name.startsWith('f'))
    await expect.poll(mine, WAIT).toMatchObject([
      {
        name: 'f1',
        sop_instance: '1.2.3.4.1',
        study: STUDY,
        destination: server.url,
        code: 'another-object',
      },
    ])
    expect(queue.find('1.2.3.4.9')).toBeUndefined()
    expect(queue.find('1.2.3.4.2')).toBeDefined()
    expect(queue.counts()).toMatchObject({ 'another-object': 1, received: 1 })
    const asked = server.asked.filter((one) => one === '1.2.3.4.1').length
    expect(asked).toBe(mine()[0]!.attempts)
    expect(queue.counts().mismatch).toBe(asked)
    right = true
    expect(queue.resend('f1')).toBe(1)
    await expect.poll(() => queue.find('1.2.3.4.1'), WAIT).toBeDefined()
    expect(mine()).toEqual([])
    await stop()
    await server.stop()
  })

  it('goes on behind images and series that an archive refuses, and does not ask for them in each round', async () => {
    const broken = ['1.2.3.4.10', '1.2.3.4.11']
    const server = await archive({ '1.2.3.0': [], '1.2.3.1': [...broken, '1.2.3.4.12'] }, (instance) =>
      instance === broken[0] ? 500 : instance === broken[1] ? 404 : film(instance),
    )
    const { queue, stop } = await service.start(
      {
        poll: [{ url: server.url, everyS: 0.05 }],
        retry: { firstS: 600, longestS: 600 },
        destinations: nowhere,
      },
      'data-refused',
    )
    await expect.poll(() => queue.find('1.2.3.4.12'), WAIT).toBeDefined()
    const rounds = server.rounds()
    await expect.poll(server.rounds, WAIT).toBeGreaterThan(rounds + 3)
    expect(queue.counts()).toMatchObject({ 'request-refused': 1, away: 1, received: 1 })
    await stop()
    expect(server.asked.toSorted()).toEqual([...broken, '1.2.3.4.12'])
    await server.stop()
  })

  it('takes nothing in by C-STORE and STOW-RS that it answers with a failure', async () => {
    const dimse = await dimseIn()
    writeFileSync(join(service.dir, 'token'), 'a token of these tests')
    const { queue, httpPort, stop } = await service.start(
      {
        dimse,
        http: { port: await freePort(), stow: { tokenFile: 'token' } },
        limits: { maxBytes: 2 ** 20 },
        destinations: nowhere,
      },
      'data-named',
    )
    const to = { kind: 'dimse' as const, aet: 'DETL', host: '127.0.0.1', port: dimse.port, objects: [] }
    const renamed = {
      file: film('1.2.3.4.20'),
      sop_class: '1.2.840.10008.5.1.4.1.1.1',
      sop_instance: '1.2.3.4.21',
    }
    await expect(storeObjects(to, 'STORESCU', [renamed])).rejects.toThrow('status A900')
    const { type, body } = writeRelated([film('1.2.3.4.22', '1.2.4')])
    const answer = await fetch(`http://127.0.0.1:${httpPort}/dicom-web/studies/${STUDY}`, {
      method: 'POST',
      headers: { 'content-type': type, authorization: 'Bearer a token of these tests' },
      body,
    })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({
      '00081198': { Value: [{ '00081197': { Value: [0xa900] } }] },
    })
    // Nor what does not end, and says nothing of its length.
    const endless = await fetch(`http://127.0.0.1:${httpPort}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'content-type': 'application/dicom', authorization: 'Bearer a token of these tests' },
      body: new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 20)) }),
      duplex: 'half',
    } as RequestInit)
    expect(endless.status).toBe(413)
    expect(queue.counts()).toMatchObject({ mismatch: 2 })
    expect(queue.state().items).toEqual({})
    await stop()
  })
})
