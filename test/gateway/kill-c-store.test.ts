import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readMeta } from '@detl/core/image/dicom/meta'
import { storeObjects } from '@detl/gateway/deliver/dimse-scu'
import { readHeader } from '@detl/gateway/dicom/header'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { dcmtkServers } from '../support/dcmtk-servers.ts'
import { type DetlProcess, detl } from '../support/detl-process.ts'
import { hasTool } from '../support/dicom-tools.ts'
import { dimseIn, serviceFor } from '../support/gateway.ts'

/** What passes between two DICOM entities at the moment of the kill. */
type Moment = { readonly way: 'in' | 'out'; readonly what: 'data' | 'response unheard' | 'response heard' }
/** In this order: each kill has an image of its own, whose sender and answers go on with the next gateway. */
const KILLS: readonly Moment[] = [
  { way: 'in', what: 'data' },
  { way: 'in', what: 'response unheard' },
  { way: 'in', what: 'response heard' },
  { way: 'out', what: 'data' },
  { way: 'out', what: 'response unheard' },
]
/** Larger than an association's own messages are, smaller than one object. */
const AMID_DATA = 20_000
/** Objects of one association: an image comes in, a report and a heat map go out. */
const OBJECTS = { in: 1, out: 2 }

const absent = hasTool('storescp') ? undefined : 'needs Debian’s dcmtk'

let service: Awaited<ReturnType<typeof serviceFor>>
let archive: ReturnType<typeof dcmtkServers>
let dir: string
const lines: Awaited<ReturnType<typeof line>>[] = []
beforeAll(async () => {
  service = await serviceFor()
  dir = mkdtempSync(join(tmpdir(), 'detl-kill-'))
  archive = dcmtkServers(dir)
})
afterAll(async () => {
  for (const one of lines) await one.stop()
  await service?.stop()
  await archive?.stop()
  rmSync(dir, { recursive: true, force: true })
})

/**
 * A line to a port, which is cut once its moment comes. Of data a part is through then; of the last response nothing, though the other side has
 * stored the object and said so. One that is heard gets through, and the kill follows at once.
 */
async function line(to: number, way: Moment['way']) {
  let armed: { what: Moment['what']; act: () => void } | undefined
  const open = new Set<Socket>()
  const server = createServer((caller) => {
    const called = connect(to, '127.0.0.1')
    const cut = () => {
      caller.destroy()
      called.destroy()
    }
    for (const socket of [caller, called]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        open.delete(socket)
        caller.end() // what it was told gets there
        called.destroy()
      })
    }
    const comes = (what: Moment['what']) => {
      if (armed?.what !== what) return false
      armed.act()
      armed = undefined
      return true
    }
    let sent = 0
    let answers = 0
    caller.on('data', (piece) => {
      sent += piece.length
      called.write(piece)
      if (sent > AMID_DATA && comes('data')) setImmediate(cut)
    })
    called.on('data', (piece) => {
      answers++ // the first accepts the association
      const last = answers === 1 + OBJECTS[way]
      if (last && comes('response unheard')) {
        cut()
        return
      }
      caller.write(piece)
      if (last) comes('response heard')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    arm: (what: Moment['what'], act: () => void) => {
      armed = { what, act }
    },
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

/** As a modality does: an image is sent again until it is stored. @returns how often it was sent */
async function sendUntilStored(port: number, n: number): Promise<number> {
  const sop_instance = `2.25.8${n}`
  const change = { '0020000d': ['UI', `2.25.7${n}`], '00080018': ['UI', sop_instance] } as const
  const image = { file: chestDicom(256, change), sop_class: '1.2.840.10008.5.1.4.1.1.1', sop_instance }
  const to = { kind: 'dimse' as const, aet: 'DETL', host: '127.0.0.1', port, objects: [] }
  for (let times = 1; ; times++) {
    const failed = await storeObjects(to, 'STORESCU', [image]).catch((error: Error) => error)
    if (!failed) return times
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

it.skipIf(absent)(
  `kill -9 amid a C-STORE, in and out, and before its response is heard: nothing is lost, nothing is there twice${absent ? ` (${absent})` : ''}`,
  { timeout: 120_000 },
  async () => {
    const { port, files } = await archive.storescp(['+uf']) // a file each time that an object comes
    const dimse = await dimseIn()
    const [door, exit] = [await line(dimse.port, 'in'), await line(port, 'out')]
    lines.push(door, exit)
    const pacs = { kind: 'dimse', aet: 'PACS', host: '127.0.0.1', port: exit.port }
    const config = service.configFile({ dimse, destinations: { pacs } })
    const sent: Promise<number>[] = []
    let gateway: DetlProcess
    for (const [n, { way, what }] of KILLS.entries()) {
      gateway = await service.run(config)
      await Promise.all(sent) // the moment is to be of this image
      const killed = new Promise((resolve) => {
        const at = way === 'in' ? door : exit
        at.arm(what, () => resolve(gateway.stop('SIGKILL')))
      })
      sent.push(sendUntilStored(door.port, n))
      await killed
    }
    gateway = await service.run(config)
    const times = await Promise.all(sent)
    // A sender that heard nothing sent again; one that heard "stored" did not need to.
    expect(times.map((one) => one > 1)).toEqual([true, true, false, false, false])
    const status = async () => {
      const asked = detl(['gateway', 'status', '--config', config])
      await asked.exit
      return JSON.parse(asked.output())
    }
    await expect
      .poll(status, { interval: 300 })
      .toMatchObject({ items: { done: KILLS.length }, deliveries: { done: KILLS.length } })
    expect(await gateway.stop('SIGTERM')).toBe(0)

    expect((await service.usage()).answered).toBe(KILLS.length)
    const versions = new Map<string, string[]>()
    for (const path of files()) {
      const bytes = new Uint8Array(readFileSync(path))
      const { sop_instance } = (await readHeader(bytes)).identity
      const digest = createHash('sha256')
        .update(bytes.subarray(readMeta(bytes).from))
        .digest('hex')
      versions.set(sop_instance, [...(versions.get(sop_instance) ?? []), digest])
    }
    // A report and a heat map of each image, and no other: what came twice, unheard, was the same object.
    expect(versions.size).toBe(2 * KILLS.length)
    for (const digests of versions.values()) expect(new Set(digests).size).toBe(1)
    expect([...versions.values()].filter(({ length }) => length > 1).length).toBeGreaterThan(0)
  },
)
