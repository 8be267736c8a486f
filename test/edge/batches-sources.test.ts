import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { screeningSchema } from '@detl/core/api/screening'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchClient } from '../support/batch-run.ts'
import { chestDicom } from '../support/chest-dicom.ts'
import { edgeProcess } from '../support/edge-process.ts'
import { gpuStandIn } from '../support/gpu-stand-in.ts'
import { chestPng } from '../support/images.ts'
import { testManifest } from '../support/manifest.ts'
import { hasOrthanc, startOrthanc } from '../support/orthanc.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const START_MS = 130_000
const ACCOUNT = 'archive'

describe('a batch on the edge in workerd', () => {
  let gpu: Awaited<ReturnType<typeof gpuStandIn>>
  let orthanc: Awaited<ReturnType<typeof startOrthanc>> | undefined
  let edge: Awaited<ReturnType<typeof edgeProcess>>
  let client: Awaited<ReturnType<typeof batchClient>>
  beforeAll(async () => {
    const manifest = testManifest()
    gpu = await gpuStandIn(manifest)
    if (hasOrthanc())
      orthanc = await startOrthanc({
        dicomWeb: true,
        user: { name: 'detl', password: 'a password of these tests' },
      })
    edge = await edgeProcess({
      manifest,
      gpuUrl: gpu.url,
      vars: { BATCH_HOSTS: orthanc?.url ?? '', FALLBACK: 'fail' },
    })
    client = await batchClient(edge, ACCOUNT)
  }, START_MS)
  afterAll(async () => {
    await edge?.stop()
    await orthanc?.stop()
    await gpu?.stop()
  })

  type Line = { item: number; id?: string; source: string; screening?: object; problem?: object }
  /** The lines of a batch that has ended, in the order of its manifest. */
  async function ended(items: readonly object[], headers: Record<string, string> = {}): Promise<Line[]> {
    const id = await client.create(items, '', headers)
    await client.until(id, ({ status }) => status === 'completed', 60_000)
    const text = await (await client.call('GET', `/${id}/results`)).text()
    const lines = text.trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line) as Line).sort((a, b) => a.item - b.item)
  }
  /** What POST /v1/screenings answers to the same bytes, but for the id of that screening. */
  async function direct(body: Uint8Array<ArrayBuffer>) {
    const authorization = `Bearer ${client.key}`
    const response = await fetch(`${edge.url}/v1/screenings`, {
      method: 'POST',
      headers: { authorization },
      body,
    })
    const text = await response.text()
    expect([response.status, text]).toEqual([200, expect.any(String)])
    return { ...screeningSchema.parse(JSON.parse(text)), id: expect.any(String) }
  }

  it('screens what lies in the bucket below the account’s folder', { timeout: 120_000 }, async () => {
    const images = { 'night 1/ä.png': await chestPng(1), 'film.dcm': chestDicom(128) }
    // One after another: two of wrangler's own runtimes on one state folder lose their connections.
    for (const [i, [key, bytes]] of Object.entries(images).entries()) {
      const file = join(edge.dir, `${i}.image`)
      writeFileSync(file, bytes)
      const to = ['--local', '--persist-to', join(edge.dir, 'state')]
      const put = ['r2', 'object', 'put', `detl-archive/${ACCOUNT}/${key}`, '--file', file, ...to]
      await run(process.execPath, [join(ROOT, 'node_modules/.bin/wrangler'), ...put])
    }
    const before = await client.billed()
    const lines = await ended([...Object.keys(images), 'none.png'].map((r2) => ({ r2 })))
    expect((await client.billed()) - before).toBe(2)
    for (const [i, [key, bytes]] of Object.entries(images).entries())
      expect(lines[i]).toEqual({ item: i + 1, source: key, screening: await direct(bytes) })
    expect(lines[2]).toMatchObject({ source: 'none.png', problem: { type: '/problems/source-missing' } })
  })

  it.skipIf(!hasOrthanc())(
    'screens what QIDO-RS of Orthanc names, in the transfer syntaxes that it is stored in (needs Debian’s orthanc and orthanc-dicomweb)',
    { timeout: 120_000 },
    async () => {
      const files = ['large-htj2k', 'jpeg-extended-12', 'jpeg-ls-near'].map(
        (name) => new Uint8Array(readFileSync(join(ROOT, 'test/golden/intake', `${name}.dcm`))),
      )
      for (const file of files) await orthanc!.store(file)
      const found = await orthanc!.get<{ '00081190': { Value: [string] } }[]>('/dicom-web/instances')
      const items = found.map((one) => ({ dicomweb: one['00081190'].Value[0] }))
      const none = { dicomweb: items[0]!.dicomweb.replace(/[^/]+$/, '2.25.404') }
      const before = await client.billed()
      const headers = { 'source-authorization': orthanc!.authorization! }
      const lines = await ended([...items, none], headers)
      expect((await client.billed()) - before).toBe(files.length)
      const screened = lines.slice(0, -1).map(({ screening }) => screening)
      for (const file of files) expect(screened).toContainEqual(await direct(file))
      expect(lines.map(({ source }) => source)).toEqual([...items, none].map(({ dicomweb }) => dicomweb))
      expect(lines.at(-1)).toMatchObject({ problem: { type: '/problems/source-missing' } })
      expect(await ended(items.slice(0, 1))).toMatchObject([
        { problem: { type: '/problems/source-missing', detail: expect.stringContaining('401') } },
      ])
    },
  )
})
