import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { detl } from '../support/detl-process.ts'
import { freePort } from '../support/free-port.ts'
import { serviceFor } from '../support/gateway.ts'
import { mllpReceiver } from '../support/mllp-receiver.ts'

const PATIENT = ['Zaphod^Beeblebrox', 'PATIENT-4711', 'ACC-4711', '19420815']

let service: Awaited<ReturnType<typeof serviceFor>>
let ris: Awaited<ReturnType<typeof mllpReceiver>>
beforeAll(async () => {
  service = await serviceFor()
  ris = await mllpReceiver((_, nth) => (nth === 0 ? 'AR' : 'AA'))
})
afterAll(async () => {
  await ris?.stop()
  await service?.stop()
})

it('the service gets the tensor alone; log, status page and queue know no patient; the image goes when its answer is delivered', async () => {
  mkdirSync(join(service.dir, 'in'))
  const [name, id, accession, birth] = PATIENT as [string, string, string, string]
  const image = chestDicom(512, {
    '00100010': ['PN', name],
    '00100020': ['LO', id],
    '00080050': ['SH', accession],
    '00100030': ['DA', birth],
  })
  writeFileSync(join(service.dir, 'in', 'a.dcm'), image)
  const config = service.configFile({
    folders: [{ path: 'in', everyS: 0.05 }],
    http: { port: await freePort() },
    destinations: { ris: { kind: 'hl7', host: '127.0.0.1', port: ris.port } },
  })
  const { http } = JSON.parse(readFileSync(config, 'utf8')) as { http: { port: number } }
  const gateway = await service.run(config)
  const page = async (path: string) => (await fetch(`http://127.0.0.1:${http.port}${path}`)).text()
  await expect.poll(() => page('/')).toContain('hl7-rejected')
  const told = [gateway.output(), await page('/'), await page('/metrics')]
  const spool = join(service.dir, 'data', 'spool')
  expect(readdirSync(spool)).toHaveLength(1)

  const dead = detl(['gateway', 'dead', '--config', config])
  await dead.exit
  const resend = detl([
    'gateway',
    'resend',
    (JSON.parse(dead.output()) as { name: string }).name,
    '--config',
    config,
  ])
  await resend.exit
  expect(resend.output()).toContain('1 letter put back')
  await expect.poll(() => ris.accepted.size).toBe(1)
  expect(await gateway.stop('SIGTERM')).toBe(0)
  expect(readdirSync(spool)).toEqual([])

  told.push(gateway.output(), dead.output())
  for (const file of readdirSync(join(service.dir, 'data')).filter((one) => one.startsWith('queue')))
    told.push(readFileSync(join(service.dir, 'data', file), 'latin1'))
  for (const { headers, body } of service.received) told.push(headers, body.toString('latin1'))
  for (const text of told) for (const value of PATIENT) expect(text).not.toContain(value)
  // It knows its patient all the same, here.
  expect([...ris.accepted.values()][0]).toContain(id)
  const posted = service.received.filter(({ body }) => body.length > 0)
  expect(posted).toHaveLength(1)
  expect(posted[0]!.body.length).toBeLessThan(image.length / 20)
})
