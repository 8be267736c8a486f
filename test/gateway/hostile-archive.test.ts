import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Queue } from '@detl/gateway/queue/queue'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { within } from '../support/deadline.ts'
import { serviceFor } from '../support/gateway.ts'
import { listenWith } from '../support/listen.ts'

const WAIT = { interval: 50 }
const DICOM_JSON = { 'content-type': 'application/dicom+json' }

/** Sends until nobody reads any more. @returns how much was sent, in bytes, once the connection is gone */
const endless = (response: ServerResponse, start: string, again: string) =>
  new Promise<number>((resolve) => {
    const chunk = Buffer.from(again.repeat(Math.ceil(2 ** 20 / again.length)))
    let sent = 0
    response.once('close', () => resolve(sent))
    const more = () => {
      while (!response.destroyed && sent < 2 ** 29) {
        sent += chunk.length
        if (!response.write(chunk)) return void response.once('drain', more)
      }
      response.end()
    }
    response.write(start)
    more()
  })

const series = (n: number) => ({
  '0020000D': { vr: 'UI', Value: ['1.2.3'] },
  '0020000E': { vr: 'UI', Value: [`1.2.3.${n}`] },
})
const instance = { ...series(0), '00080018': { vr: 'UI', Value: ['1.2.3.4'] } }

describe('archives and information systems that mean harm', () => {
  let service: Awaited<ReturnType<typeof serviceFor>>
  beforeAll(async () => {
    service = await serviceFor()
    mkdirSync(join(service.dir, 'in'))
  })
  afterAll(() => service?.stop())

  it('have nothing sent to where they redirect it', async () => {
    const elsewhere: string[] = []
    const there = await listenWith((request, response) => {
      elsewhere.push(`${request.method} ${request.url}`)
      request.resume().on('end', () => response.writeHead(200, DICOM_JSON).end('[]'))
    })
    const asked = new Set<string>()
    const here = await listenWith((request, response) => {
      asked.add(request.url!.split('?')[0]!)
      const location = `${there.url}${request.url}`
      request.resume().on('end', () => response.writeHead(307, { location }).end())
    })
    const { queue, stop } = await service.start(
      {
        folders: [{ path: 'in', everyS: 0.05 }],
        poll: [{ url: `${here.url}/dicom-web`, everyS: 0.1 }],
        destinations: {
          ehr: { kind: 'fhir', url: `${here.url}/fhir` },
          pacs: { kind: 'stow', url: `${here.url}/stow` },
        },
      },
      'data-redirect',
    )
    writeFileSync(join(service.dir, 'in', 'one.dcm'), chestDicom(96))
    await expect.poll(() => queue.counts().retried ?? 0, WAIT).toBeGreaterThan(2)
    await stop()
    expect([...asked].sort()).toEqual(['/dicom-web/series', '/fhir', '/stow/studies'])
    expect(elsewhere).toEqual([])
    await here.stop()
    await there.stop()
  })

  it('are read to a limit, search and image alike', async () => {
    const sent: Record<string, number> = {}
    const server = await listenWith(async (request, response) => {
      const [, archive, ...path] = request.url!.split('?')[0]!.split('/')
      if (archive === 'image' && path.at(-1) !== instance['00080018'].Value[0])
        return void response.writeHead(200, DICOM_JSON).end(JSON.stringify([instance]))
      const type = archive === 'image' ? 'multipart/related; boundary=b' : 'application/dicom+json'
      response.writeHead(200, { 'content-type': type })
      const bytes =
        archive === 'image'
          ? await endless(response, '--b\r\n\r\n', '\0')
          : await endless(response, '[{}', `,${JSON.stringify(instance)}`)
      sent[archive!] ??= bytes
    })
    const { stop } = await service.start(
      {
        poll: ['search', 'image'].map((one) => ({ url: `${server.url}/${one}`, everyS: 60 })),
        limits: { maxBytes: 2 ** 22 },
        destinations: { pacs: { kind: 'stow', url: server.url } },
      },
      'data-endless',
    )
    await expect
      .poll(() => Object.keys(sent).sort(), { ...WAIT, timeout: 20_000 })
      .toEqual(['image', 'search'])
    await stop()
    expect(sent.image).toBeLessThan(2 ** 25)
    expect(sent.search).toBeLessThan(2 ** 28)
    await server.stop()
  }, 30_000)

  it('do not keep a gateway from ending: one that does not answer, and one that lists without end', async () => {
    const asked = new Set<string>()
    const server = await listenWith((request, response) => {
      const [, archive, ...path] = request.url!.split('?')[0]!.split('/')
      asked.add(archive!)
      if (archive === 'silent') return
      const rows = path.at(-1) === 'series' ? Array.from({ length: 100_000 }, (_, i) => series(i)) : []
      response.writeHead(200, DICOM_JSON).end(JSON.stringify(rows))
    })
    const { stop } = await service.start(
      {
        poll: ['silent', 'long'].map((one) => ({ url: `${server.url}/${one}`, everyS: 60 })),
        destinations: { pacs: { kind: 'stow', url: server.url } },
      },
      'data-stop',
    )
    await expect.poll(() => [...asked].sort(), WAIT).toEqual(['long', 'silent'])
    await within(4000, 'the gateway to end', stop())
    await server.stop()
  })

  it('hold up no other destination by never answering', async () => {
    const images = 6
    const bundles = new Set<string>()
    let held = 0
    const server = await listenWith(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      if (request.url === '/silent') return void held++
      bundles.add(body)
      const entry = [{ response: { status: '201 Created' } }]
      response.writeHead(200, DICOM_JSON).end(JSON.stringify({ resourceType: 'Bundle', entry }))
    })
    const folder = join(service.dir, 'in-many')
    mkdirSync(folder)
    for (let i = 0; i < images; i++)
      writeFileSync(join(folder, `${i}.dcm`), chestDicom(96, { '00080018': ['UI', `2.25.7${i}`] }))
    const { stop } = await service.start(
      {
        folders: [{ path: 'in-many', everyS: 0.05 }],
        destinations: {
          silent: { kind: 'fhir', url: `${server.url}/silent` },
          ehr: { kind: 'fhir', url: `${server.url}/ehr` },
        },
      },
      'data-silent',
    )
    await expect.poll(() => bundles.size, { ...WAIT, timeout: 20_000 }).toBe(images)
    expect(held).toBeGreaterThan(0)
    await stop()
    await server.stop()
  }, 30_000)

  it('do not keep a gateway from ending either where answers go: what they did not answer is due at the next start, and no try in vain', async () => {
    const asked = new Set<string>()
    const web = await listenWith((request) => void asked.add(request.url!.split('/')[1]!))
    const silent = async (name: string) => {
      const server = createServer((socket) => {
        socket.resume()
        asked.add(name)
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return { name, server, port: (server.address() as { port: number }).port }
    }
    const [archive, ris] = await Promise.all([silent('dimse'), silent('hl7')])
    const folder = join(service.dir, 'in-one')
    mkdirSync(folder)
    writeFileSync(join(folder, 'one.dcm'), chestDicom(96))
    const host = '127.0.0.1'
    const { queue, stop } = await service.start(
      {
        folders: [{ path: 'in-one', everyS: 0.05 }],
        poll: Array.from({ length: 17 }, (_, i) => ({ url: `${web.url}/poll-${i}` })),
        destinations: {
          ehr: { kind: 'fhir', url: `${web.url}/fhir` },
          web: { kind: 'stow', url: `${web.url}/stow` },
          pacs: { kind: 'dimse', aet: 'PACS', host, port: archive.port },
          ris: { kind: 'hl7', host, port: ris.port },
        },
      },
      'data-ending',
    )
    const all = [...Array.from({ length: 17 }, (_, i) => `poll-${i}`), 'dimse', 'fhir', 'hl7', 'stow']
    await expect.poll(() => [...asked].sort(), { ...WAIT, timeout: 20_000 }).toEqual(all.sort())
    const before = queue.deliveriesOf(1)
    await within(15_000, 'the gateway to end', stop())
    const again = new Queue(join(service.dir, 'data-ending'), { firstS: 1, longestS: 1, giveUpAfterS: 1 })
    expect(again.deliveriesOf(1)).toEqual(before)
    expect(before.map(({ state, attempts }) => ({ state, attempts }))).toEqual(
      Array.from({ length: 4 }, () => ({ state: 'waiting', attempts: 0 })),
    )
    again.close()
    await web.stop()
    for (const { server } of [archive, ris]) server.close()
  }, 60_000)

  it('do not keep a gateway from ending where they stand in for the service', async () => {
    let asked = 0
    const server = await listenWith(() => void asked++)
    const { queue, stop } = await service.start(
      {
        service: { url: server.url, keyFile: 'key' },
        folders: [{ path: 'in-one', everyS: 0.05 }],
        destinations: { pacs: { kind: 'stow', url: server.url } },
      },
      'data-service',
    )
    await expect.poll(() => asked, WAIT).toBeGreaterThan(0)
    expect(queue.item(1)).toMatchObject({ attempts: 0 })
    await within(15_000, 'the gateway to end', stop())
    await server.stop()
  }, 30_000)

  it('find nothing of what they said in the log, and one bad row does not hide the others', async () => {
    const asked = new Set<string>()
    const server = await listenWith((request, response) => {
      const [, archive, ...path] = request.url!.split('?')[0]!.split('/')
      asked.add(path.join('/'))
      if (archive === 'words') return void response.writeHead(200, DICOM_JSON).end('Mueller^Hans is no JSON')
      const traversal = { ...series(1), '0020000D': { Value: ['..'] } }
      const rows = [null, 1, { '0020000D': null }, traversal, series(7)]
      response.writeHead(200, DICOM_JSON).end(JSON.stringify(path.at(-1) === 'series' ? rows : []))
    })
    const gateway = await service.run(
      service.configFile({
        poll: ['words', 'rows'].map((one) => ({ url: `${server.url}/${one}`, everyS: 60 })),
        destinations: { pacs: { kind: 'stow', url: server.url } },
      }),
    )
    await gateway.line(/an archive failed/)
    await expect
      .poll(() => [...asked].sort(), WAIT)
      .toEqual(['series', 'studies/1.2.3/series/1.2.3.7/instances'])
    await gateway.stop('SIGTERM')
    expect(gateway.output()).toContain(`${new URL(server.url).host}, QIDO-RS /series: answered something`)
    expect(gateway.output()).not.toContain('Mueller')
    await server.stop()
  })
})
