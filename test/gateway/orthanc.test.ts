import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { hasTool } from '../support/dicom-tools.ts'
import { freePort } from '../support/free-port.ts'
import { dimseIn, type GatewaySettings, serviceFor } from '../support/gateway.ts'
import { hasOrthanc, startOrthanc } from '../support/orthanc.ts'

const run = promisify(execFile)
const absent =
  hasOrthanc() && hasTool('storescu') ? undefined : 'needs Debian’s orthanc, orthanc-dicomweb and dcmtk'
const WAIT = { timeout: 15_000, interval: 100 }

/** UIDs of an image of its own study. */
const uids = (study: string, instance = `${study}.1`) =>
  ({ '0020000d': ['UI', study], '0020000e': ['UI', `${study}.9`], '00080018': ['UI', instance] }) as const

describe.skipIf(absent)(`a gateway beside Orthanc${absent ? ` (${absent})` : ''}`, () => {
  let service: Awaited<ReturnType<typeof serviceFor>>
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>
  let gateway: Awaited<ReturnType<Awaited<ReturnType<typeof serviceFor>>['start']>> | undefined
  let folders = 0
  beforeAll(async () => {
    service = await serviceFor()
    orthanc = await startOrthanc({ dicomWeb: true })
  })
  afterEach(async () => {
    await gateway?.stop()
    gateway = undefined
  })
  afterAll(async () => {
    await orthanc?.stop()
    await service?.stop()
  })

  const pacs = () => ({ kind: 'dimse', aet: 'ORTHANC', host: '127.0.0.1', port: orthanc.dicomPort })
  const web = () => ({ kind: 'stow', url: `${orthanc.url}/dicom-web` })
  const start = async (settings: GatewaySettings) => {
    gateway = await service.start(settings, `data-${folders++}`)
    return gateway
  }
  const send = (port: number, image: Uint8Array) => {
    const path = join(service.dir, 'chest.dcm')
    writeFileSync(path, image)
    return run('storescu', ['-aec', 'DETL', '127.0.0.1', String(port), path])
  }
  const modalities = async (study: string) => (await orthanc.modalities())[study] ?? []

  it('a CR that storescu sends comes back as report and heat map in its study, by C-STORE', async () => {
    const dimse = await dimseIn()
    await start({ dimse, destinations: { pacs: pacs() } })
    await run('echoscu', ['-aec', 'DETL', '-aet', 'STORESCU', '127.0.0.1', String(dimse.port)])
    await send(dimse.port, chestDicom(96, uids('2.25.101')))
    await expect.poll(() => modalities('2.25.101'), WAIT).toEqual(['OT', 'SR'])
  })

  it('stores the objects that a destination chooses', async () => {
    const dimse = await dimseIn()
    const objects = ['sr', 'measurements', 'sc', 'seg', 'gsps', 'pdf']
    const { queue } = await start({
      dimse,
      destinations: { pacs: { ...pacs(), objects }, web: { ...web(), objects: ['seg'] } },
    })
    await send(dimse.port, chestDicom(96, uids('2.25.120')))
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(await modalities('2.25.120')).toEqual(['DOC', 'OT', 'PR', 'SEG', 'SR', 'SR'])
  })

  it('two images of one study have a report and a heat map each; one that comes again has no second one', async () => {
    const dimse = await dimseIn()
    const { queue } = await start({ dimse, destinations: { web: web() } })
    const before = await service.usage()
    const image = chestDicom(96, uids('2.25.102', '2.25.102.1'))
    await send(dimse.port, image)
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    await send(dimse.port, chestDicom(128, uids('2.25.102', '2.25.102.2')))
    await send(dimse.port, image)
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 2 })
    expect(await modalities('2.25.102')).toEqual(['OT', 'OT', 'SR', 'SR'])
    expect(queue.counts()).toMatchObject({ again: 1 })
    expect((await service.usage()).answered).toBe((before.answered ?? 0) + 2)
  })

  it('says in the study why an image was not scored', async () => {
    const dimse = await dimseIn()
    const { queue } = await start({ dimse, destinations: { pacs: pacs(), web: web() } })
    await send(dimse.port, chestDicom(96, { ...uids('2.25.103'), '00280004': ['CS', 'PALETTE COLOR'] }))
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    expect(await modalities('2.25.103')).toEqual(['SR']) // by both ways the same object
    const series = await orthanc.get<{ ParentStudy: string; Instances: string[] }[]>('/series?expand')
    const studies =
      await orthanc.get<{ ID: string; MainDicomTags: { StudyInstanceUID: string } }[]>('/studies?expand')
    const study = studies.find(({ MainDicomTags }) => MainDicomTags.StudyInstanceUID === '2.25.103')!
    const instance = series.find(({ ParentStudy }) => ParentStudy === study.ID)!.Instances[0]!
    const tags = JSON.stringify(await orthanc.get(`/instances/${instance}/simplified-tags`))
    expect(tags).toContain('This image was not scored')
    expect(tags).toContain('PALETTE COLOR')
  })

  it('asks an archive for its new images, and leaves the others there', async () => {
    await orthanc.store(chestDicom(96, { ...uids('2.25.104'), '00080020': ['DA', today()] }))
    await orthanc.store(
      chestDicom(96, { ...uids('2.25.105'), '00080020': ['DA', today()], '00180015': ['CS', 'HAND'] }),
    )
    await orthanc.store(
      chestDicom(96, { ...uids('2.25.106'), '00080020': ['DA', today()], '00080060': ['CS', 'CT'] }),
    )
    const { queue } = await start({
      poll: [{ url: `${orthanc.url}/dicom-web`, everyS: 0.3 }],
      destinations: { web: web() },
    })
    await expect.poll(() => modalities('2.25.104'), WAIT).toEqual(['CR', 'OT', 'SR'])
    expect(await modalities('2.25.105')).toEqual(['CR'])
    expect(await modalities('2.25.106')).toEqual(['CT'])
    expect(queue.state().items).toEqual({ done: 1 })
    expect(queue.counts()).toMatchObject({ 'left-alone': 1, received: 1 })
  })

  it('goes on where the archive lists an image and answers 404 for it, as Orthanc does after a corrected Patient ID', async () => {
    for (const id of ['WRONG', 'RIGHT'])
      await orthanc.store(
        chestDicom(96, { ...uids('2.25.107'), '00080020': ['DA', today()], '00100020': ['LO', id] }),
      )
    await orthanc.store(chestDicom(96, { ...uids('2.25.108'), '00080020': ['DA', today()] }))
    const { queue } = await start({
      poll: [{ url: `${orthanc.url}/dicom-web`, everyS: 0.3 }],
      destinations: { web: web() },
    })
    await expect.poll(() => modalities('2.25.108'), WAIT).toEqual(['CR', 'OT', 'SR'])
    await expect.poll(() => queue.counts(), WAIT).toMatchObject({ away: 1 })
  })

  it('sets an image aside that comes again as another patient’s, until a person puts it back', async () => {
    const dimse = await dimseIn()
    const { queue } = await start({ dimse, destinations: { web: web() } })
    await send(dimse.port, chestDicom(96, { ...uids('2.25.109'), '00100020': ['LO', 'WRONG'] }))
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    await send(dimse.port, chestDicom(96, { ...uids('2.25.109'), '00100020': ['LO', 'RIGHT'] }))
    expect(queue.deadLetters()).toMatchObject([
      { name: 'i1', code: 'identity-changed', reason: expect.stringContaining('another Patient ID') },
    ])
    expect(queue.resend('i1')).toBe(1)
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 1 })
    const patients = await orthanc.get<{ PatientMainDicomTags: { PatientID: string } }[]>('/studies?expand')
    expect(patients.map((one) => one.PatientMainDicomTags.PatientID)).toContain('RIGHT')
  })

  it('takes what STOW-RS and a watched folder bring', async () => {
    const watched = join(service.dir, 'watched')
    mkdirSync(watched)
    writeFileSync(join(service.dir, 'token'), 'a token of these tests')
    const { queue, httpPort } = await start({
      http: { port: await freePort(), stow: { tokenFile: 'token' } },
      folders: [{ path: 'watched', everyS: 0.1 }],
      destinations: { web: web() },
    })
    const url = `http://127.0.0.1:${httpPort}`
    // Names as a Latin-1 system writes them are no UTF-8.
    const odd = Buffer.concat([Buffer.from(join(watched, 'andr')), Buffer.of(0xe9)])
    mkdirSync(odd)
    writeFileSync(Buffer.concat([odd, Buffer.from('/a.dcm')]), chestDicom(96, uids('2.25.110')))
    writeFileSync(join(watched, 'note.txt'), 'no image')
    const post = (body: Uint8Array<ArrayBuffer>, token = 'a token of these tests') =>
      fetch(`${url}/dicom-web/studies`, {
        method: 'POST',
        headers: { 'content-type': 'application/dicom', authorization: `Bearer ${token}` },
        body,
      })
    expect((await post(chestDicom(96, uids('2.25.111')), 'another')).status).toBe(401)
    const stored = await post(chestDicom(96, uids('2.25.111')))
    expect(stored.status).toBe(200)
    expect(await stored.json()).toMatchObject({
      '00081199': { Value: [{ '00081155': { Value: ['2.25.111.1'] } }] },
    })
    expect((await post(new TextEncoder().encode('no DICOM') as Uint8Array<ArrayBuffer>)).status).toBe(409)
    await expect.poll(() => queue.state().items, WAIT).toEqual({ done: 2 })
    expect(await modalities('2.25.110')).toEqual(['OT', 'SR'])
    expect(await modalities('2.25.111')).toEqual(['OT', 'SR'])
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('detl_gateway_images{state="done"} 2')
    expect(await (await fetch(url)).text()).toContain('Nothing waits for a person')
  })
})

const today = () => new Date().toISOString().slice(0, 10).replaceAll('-', '')
