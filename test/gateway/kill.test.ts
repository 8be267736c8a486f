import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { chestDicom } from '../support/chest-dicom.ts'
import { type DetlProcess, detl } from '../support/detl-process.ts'
import { serviceFor } from '../support/gateway.ts'
import { mllpReceiver } from '../support/mllp-receiver.ts'
import { archiveStandIn } from '../support/stow-stand-in.ts'

const IMAGES = 12
const KILLS = 4

let service: Awaited<ReturnType<typeof serviceFor>>
let archive: Awaited<ReturnType<typeof archiveStandIn>>
let ris: Awaited<ReturnType<typeof mllpReceiver>>
beforeAll(async () => {
  service = await serviceFor()
  archive = await archiveStandIn()
  // Now and then a receiver is not there: what was sent comes again.
  ris = await mllpReceiver((_, nth) => (nth % 5 === 4 ? 'nothing' : 'AA'))
})
afterAll(async () => {
  await ris?.stop()
  await archive?.stop()
  await service?.stop()
})

it('kill -9 at any moment: every image is screened, billed and answered once', {
  timeout: 120_000,
}, async () => {
  const watched = join(service.dir, 'watched')
  mkdirSync(watched)
  for (let i = 0; i < IMAGES; i++) {
    const change = { '0020000d': ['UI', `2.25.7${i}`], '00080018': ['UI', `2.25.8${i}`] } as const
    writeFileSync(join(watched, `${i}.dcm`), chestDicom(96, change))
  }
  const config = service.configFile({
    folders: [{ path: 'watched', everyS: 0.05 }],
    destinations: {
      web: { kind: 'stow', url: archive.url },
      ris: { kind: 'hl7', host: '127.0.0.1', port: ris.port, image: 'none' },
    },
  })
  let gateway: DetlProcess
  for (let kill = 0; kill < KILLS; kill++) {
    gateway = await service.run(config)
    // Another moment each time: while images come in, are screened, and are delivered.
    const answered = archive.requests + ris.received + service.edge.gpu.calls
    await expect
      .poll(() => archive.requests + ris.received + service.edge.gpu.calls, { interval: 5 })
      .toBeGreaterThan(answered + kill)
    await gateway.stop('SIGKILL')
  }
  gateway = await service.run(config)
  await expect.poll(() => ris.accepted.size).toBe(IMAGES)

  await expect.poll(() => archive.instances.size).toBe(2 * IMAGES)

  const status = detl(['gateway', 'status', '--config', config])
  await status.exit
  expect(JSON.parse(status.output())).toMatchObject({
    items: { done: IMAGES },
    deliveries: { done: 2 * IMAGES },
  })
  expect(await gateway.stop('SIGTERM')).toBe(0)
  const { answered } = await service.usage()
  expect(answered).toBe(IMAGES)
  // A report and a heat map of each image, and no other: what was stored twice was the same object.
  expect([...archive.instances.values()].every((versions) => versions.size === 1)).toBe(true)
})
