import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readMeta } from '@detl/core/image/dicom/meta'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { associateRequest } from '../support/associate-request.ts'
import { certificates } from '../support/certificates.ts'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { dcmtkServers } from '../support/dcmtk-servers.ts'
import { hasTool } from '../support/dicom-tools.ts'
import { freePort } from '../support/free-port.ts'
import { dimseIn, type GatewaySettings, serviceFor } from '../support/gateway.ts'

const run = promisify(execFile)
const WAIT = { interval: 100 }
const absent = hasTool('dcmqrscp') ? undefined : 'needs Debian’s dcmtk'
const IMPLICIT = '1.2.840.10008.1.2'

describe.skipIf(absent)(`a gateway beside DCMTK${absent ? ` (${absent})` : ''}`, () => {
  let service: Awaited<ReturnType<typeof serviceFor>>
  let dir: string
  let gateway: { stop: () => Promise<unknown> } | undefined
  let servers: ReturnType<typeof dcmtkServers>
  let folders = 0
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'detl-dcmtk-'))
    servers = dcmtkServers(dir)
    service = await serviceFor()
  })
  afterEach(async () => {
    await gateway?.stop()
    gateway = undefined
    await servers.stop()
  })
  afterAll(async () => {
    await service?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const start = async (settings: GatewaySettings) => {
    const started = await service.start(settings, `data-${folders++}`)
    gateway = started
    return started
  }
  const write = (bytes: Uint8Array, name = 'chest.dcm') => {
    const path = join(dir, name)
    writeFileSync(path, bytes)
    return path
  }
  const send = (port: number, path: string, args: string[] = []) =>
    run('storescu', ['-v', '-aec', 'DETL', ...args, '127.0.0.1', String(port), path])
  const pacs = (port: number, more: object = {}) => ({
    kind: 'dimse',
    aet: 'PACS',
    host: '127.0.0.1',
    port,
    ...more,
  })
  const dataSetOf = (path: string) => {
    const bytes = new Uint8Array(readFileSync(path))
    return Buffer.from(bytes.subarray(readMeta(bytes).from))
  }
  const dump = (path: string) => spawnSync('dsrdump', [path], { encoding: 'utf8' }).stdout

  it('dcmqrscp as the archive has report and heat map in the study of the X-ray', async () => {
    const port = await freePort()
    const store = join(dir, 'qr')
    mkdirSync(store)
    const config = write(
      new TextEncoder().encode(
        `NetworkTCPPort = ${port}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\nAETable BEGIN\nPACS ${store} RW (100, 1024mb) ANY\nAETable END\n`,
      ),
      'dcmqrscp.cfg',
    )
    await servers.serve('dcmqrscp', ['-c', config], port)
    const dimse = await dimseIn()
    const { queue } = await start({ dimse, destinations: { pacs: pacs(port) } })
    await send(dimse.port, write(chestDicom()))
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    const found = await run('findscu', [
      ...['-S', '-aec', 'PACS', '-k', 'QueryRetrieveLevel=SERIES', '-k', `StudyInstanceUID=${PATIENT.study}`],
      ...['-k', 'Modality', '127.0.0.1', String(port)],
    ])
    expect(
      [...(found.stdout + found.stderr).matchAll(/\(0008,0060\) CS \[(\w+)/g)].map(([, m]) => m).sort(),
    ).toEqual(['OT', 'SR'])
  })

  it('bytes come in as they were sent, compressed and with private elements', async () => {
    const { port, files } = await servers.storescp(['+xs'])
    const dimse = await dimseIn(['STORESCU'])
    const { queue } = await start({ dimse, destinations: { none: pacs(1) } })
    const image = (instance: string) =>
      write(
        chestDicom(96, {
          '00080018': ['UI', instance],
          '00090010': ['LO', 'A VENDOR'],
          '00091001': ['UT', 'a private element'],
        }),
      )
    const compressed = join(dir, 'compressed.dcm')
    spawnSync('dcmcjpeg', ['+e1', image('2.25.41'), compressed])
    for (const [path, syntax] of [
      [compressed, '-xs'],
      [image('2.25.42'), '-x='],
    ] as const) {
      await run('storescu', ['-R', syntax, '-aec', 'PACS', '127.0.0.1', String(port), path])
      await send(dimse.port, path, ['-R', syntax])
    }
    expect(queue.counts()).toMatchObject({ received: 2 })
    const spooled = join(service.dir, `data-${folders - 1}`, 'spool')
    const kept = readdirSync(spooled).map((name) => dataSetOf(join(spooled, name)))
    expect(kept.sort(Buffer.compare)).toEqual(files().map(dataSetOf).sort(Buffer.compare))
    for (const bytes of kept) expect(bytes.includes('a private element')).toBe(true)
  })

  it('an archive that takes implicit VR alone gets whole objects', async () => {
    const { port, files } = await servers.storescp(['+xi'])
    const dimse = await dimseIn()
    const { queue } = await start({ dimse, destinations: { pacs: pacs(port) } })
    await send(dimse.port, write(chestDicom()))
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    const stored = files()
    expect(stored).toHaveLength(2)
    for (const path of stored)
      expect(readMeta(new Uint8Array(readFileSync(path))).transferSyntax).toBe(IMPLICIT)
    const report = stored.find((path) => path.includes('SR'))!
    expect(dump(report)).toContain('Conclusion')
    for (const path of stored) {
      const { stdout, stderr } = spawnSync('dciodvfy', [path], { encoding: 'utf8' })
      expect((stdout + stderr).split('\n').filter((line) => line.startsWith('Error'))).toEqual([])
    }
  })

  it('an archive that takes no reports gives no response to one: it counts as not stored, and is sent after resend', async () => {
    const config = write(
      new TextEncoder().encode(
        '[[TransferSyntaxes]]\n[Plain]\nTransferSyntax1 = LittleEndianImplicit\n[[PresentationContexts]]\n[ScOnly]\nPresentationContext1 = SecondaryCaptureImageStorage\\Plain\n[[Profiles]]\n[Default]\nPresentationContexts = ScOnly\n',
      ),
      'storescp.cfg',
    )
    const { port } = await servers.storescp(['-xf', config, 'Default'])
    const dimse = await dimseIn()
    const { queue } = await start({
      dimse,
      retry: { firstS: 0.05, longestS: 0.1, giveUpAfterS: 0.3 },
      destinations: { pacs: pacs(port) },
    })
    await send(dimse.port, write(chestDicom()))
    await expect
      .poll(() => queue.deadLetters(), WAIT)
      .toMatchObject([{ destination: 'pacs', code: 'no-response' }])
  })

  it('refuses unknown callers and deflated objects, and more associations than it has room for', async () => {
    const dimse = { ...(await dimseIn()), maxAssociations: 2 }
    const { queue } = await start({ dimse, destinations: { none: pacs(1) } })
    const chest = write(chestDicom())
    await expect(send(dimse.port, chest, ['-aet', 'STRANGER'])).rejects.toMatchObject({
      stderr: expect.stringContaining('Calling AE Title Not Recognized'),
    })
    await expect(
      run('echoscu', ['-aec', 'OTHER', '-aet', 'STORESCU', '127.0.0.1', String(dimse.port)]),
    ).rejects.toMatchObject({ stderr: expect.stringContaining('Called AE Title Not Recognized') })
    const deflated = join(dir, 'deflated.dcm')
    spawnSync('dcmconv', ['+td', chest, deflated])
    // Its sender inflates it, and sends it in a syntax that was accepted.
    const { stderr } = await send(dimse.port, deflated, ['-R', '-xd'])
    expect(stderr).toContain('Deflated Explicit VR Little Endian -> Little Endian Explicit')
    expect(queue.counts()).toMatchObject({ received: 1, 'associations-rejected': 2 })
    const holding = [0, 1].map(() => connect(dimse.port, '127.0.0.1'))
    for (const socket of holding) {
      socket.write(associateRequest('STORESCU', 'DETL'))
      expect(((await once(socket, 'data')) as [Buffer])[0][0]).toBe(2) // A-ASSOCIATE-AC
    }
    await expect(send(dimse.port, chest)).rejects.toMatchObject({
      stderr: expect.stringContaining('Local Limit Exceeded'),
    })
    for (const socket of holding) socket.destroy()
    await expect
      .poll(
        () =>
          send(dimse.port, chest).then(
            () => 'sent',
            () => 'refused',
          ),
        WAIT,
      )
      .toBe('sent')
  })

  it('goes on after strangers who do not speak DICOM, or announce what nobody sends', async () => {
    const dimse = await dimseIn()
    await start({ dimse, destinations: { none: pacs(1) } })
    const pieces = [
      'GET / HTTP/1.1\r\n\r\n',
      Buffer.of(1, 0, 0xff, 0xff, 0xff, 0xff),
      Buffer.of(4, 0, 0, 0, 0, 0),
      Buffer.alloc(64),
    ]
    for (const piece of pieces) {
      const socket = connect(dimse.port, '127.0.0.1')
      socket.on('error', () => undefined)
      await once(socket, 'connect')
      socket.end(piece)
      await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 300))])
      socket.destroy()
    }
    // Who gives up waits until the other side ends the connection.
    const leaving = connect(dimse.port, '127.0.0.1')
    leaving.write(Buffer.of(7, 0, 0, 0, 0, 4, 0, 0, 0, 0))
    leaving.resume()
    await once(leaving, 'end')
    await run('echoscu', ['-aec', 'DETL', '-aet', 'STORESCU', '127.0.0.1', String(dimse.port)])
  })

  it('strangers who only hold connections keep nobody out, and lose them', async () => {
    const dimse = { ...(await dimseIn()), maxAssociations: 2, associateWithinS: 2 }
    await start({ dimse, destinations: { none: pacs(1) } })
    const held = Array.from({ length: 40 }, () =>
      connect(dimse.port, '127.0.0.1').on('error', () => undefined),
    )
    const ended = Promise.all(held.map((socket) => once(socket.resume(), 'close')))
    await Promise.all(held.map((socket) => socket.readyState === 'open' || once(socket, 'connect')))
    await run('echoscu', ['-aec', 'DETL', '-aet', 'STORESCU', '127.0.0.1', String(dimse.port)])
    await ended
    await run('echoscu', ['-aec', 'DETL', '-aet', 'STORESCU', '127.0.0.1', String(dimse.port)])
  })

  it('twenty associations at once bring twenty images', async () => {
    const dimse = await dimseIn()
    const { queue } = await start({ dimse, destinations: { none: pacs(1) } })
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(dimse.port, write(chestDicom(256, { '00080018': ['UI', `2.25.90${i}`] }), `${i}.dcm`)),
      ),
    )
    expect(queue.counts()).toMatchObject({ received: 20 })
  })

  it('speaks TLS with certificates on both sides, in and out', async () => {
    certificates(dir)
    const at = (name: string) => join(dir, name)
    const tls = { key: at('gateway.key'), cert: at('gateway.crt'), ca: at('ca.crt') }
    const { port, files } = await servers.storescp([
      '+tls',
      at('peer.key'),
      at('peer.crt'),
      '+cf',
      at('ca.crt'),
      '-rc',
    ])
    const dimse = { ...(await dimseIn()), tls }
    const { queue } = await start({ dimse, destinations: { pacs: pacs(port, { host: 'localhost', tls }) } })
    const chest = write(chestDicom())
    await expect(send(dimse.port, chest)).rejects.toThrow()
    await expect(
      send(dimse.port, chest, ['+tla', '-ic']), // encrypted, but nobody in particular
    ).rejects.toThrow()
    await send(dimse.port, chest, ['+tls', at('peer.key'), at('peer.crt'), '+cf', at('ca.crt')])
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(files()).toHaveLength(2)
  })

  it('speaks HTTPS with certificates on both sides, in and out', async () => {
    certificates(dir)
    const at = (name: string) => join(dir, name)
    const tls = { key: at('gateway.key'), cert: at('gateway.crt'), ca: at('ca.crt') }
    writeFileSync(at('token'), 'a token')
    const port = await freePort()
    const http = { port, stow: { tokenFile: at('token') }, tls }
    const archive = await service.start({ http, destinations: { none: pacs(1) } }, 'https')
    const dimse = await dimseIn()
    const { queue } = await start({
      dimse,
      destinations: {
        web: {
          kind: 'stow',
          url: `https://localhost:${port}/dicom-web`,
          headers: { authorization: 'Bearer a token' },
          tls,
        },
      },
    })
    await send(dimse.port, write(chestDicom()))
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(archive.queue.counts()).toMatchObject({ 'left-alone': 2 }) // no X-rays
    const curl = (...args: string[]) =>
      run('curl', ['-sS', '--cacert', at('ca.crt'), ...args, `https://localhost:${port}/healthz`])
    await expect(curl()).rejects.toThrow()
    const shown = await curl('--cert', at('peer.crt'), '--key', at('peer.key'))
    expect(shown.stdout).toContain('ok')
    await archive.stop()
  })
})
