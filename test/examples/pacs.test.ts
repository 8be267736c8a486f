import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chestDicom, PATIENT } from '../support/chest-dicom.ts'
import { hasTool } from '../support/dicom-tools.ts'
import { edgeApp } from '../support/edge-app.ts'
import { listen } from '../support/listen.ts'
import { hasOrthanc, startOrthanc } from '../support/orthanc.ts'

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const LUA = file('examples/pacs/orthanc.lua')
const SCRIPT = file('examples/pacs/screen-into-study.sh')
const run = promisify(execFile)

const absent =
  hasOrthanc() && hasTool('storescu') ? undefined : 'needs Debian’s orthanc, orthanc-dicomweb and dcmtk'

describe.skipIf(absent)(`docs/pacs.md${absent ? ` (${absent})` : ''}`, () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let server: Awaited<ReturnType<typeof listen>>
  let orthanc: Awaited<ReturnType<typeof startOrthanc>>
  let dir: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'detl-pacs-'))
    edge = await edgeApp()
    server = await listen(edge)
    const lua = readFileSync(LUA, 'utf8')
      .replace('https://screening.example', server.url)
      .replace('detl_live_…', edge.key)
    orthanc = await startOrthanc({ lua, dicomWeb: true })
  })
  afterAll(async () => {
    await orthanc?.stop()
    await server?.stop()
    await edge?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const chest = (change: Parameters<typeof chestDicom>[1]) => {
    const path = join(dir, 'chest.dcm')
    writeFileSync(path, chestDicom(96, { '00180015': ['CS', 'CHEST'], ...change }))
    return path
  }
  const send = (path: string) =>
    run('storescu', ['-aec', orthanc.aet, '127.0.0.1', String(orthanc.dicomPort), path])
  const modalities = async (study: string) => (await orthanc.modalities())[study] ?? []

  it('shows the script that is tested', () => {
    expect(readFileSync(file('docs/pacs.md'), 'utf8')).toContain(readFileSync(LUA, 'utf8'))
  })

  it('the Lua script has an X-ray that storescu sent screened once, and both answers stored in its study', async () => {
    await send(chest({}))
    await expect.poll(() => modalities(PATIENT.study)).toEqual(['CR', 'OT', 'SR'])
    const { usage } = (await (await edge.call('GET', '/v1/usage', edge.key)).json()) as {
      usage: { screenings: number; outcome: string }[]
    }
    expect(usage.map(({ outcome, screenings }) => [outcome, screenings])).toEqual([
      ['answered', 1],
      ['replayed', 1],
    ])
  })

  it('the Lua script stores nothing where the service refuses, and goes on', async () => {
    await send(chest({ '0020000d': ['UI', '2.25.12'], '00280004': ['CS', 'PALETTE COLOR'] }))
    await expect.poll(() => orthanc.log()).toContain('HTTP status 415')
    await send(chest({ '0020000d': ['UI', '2.25.13'], '00080060': ['CS', 'CT'] }))
    expect(await modalities('2.25.12')).toEqual(['CR'])
    expect(await modalities('2.25.13')).toEqual(['CT'])
  })

  it('two calls of curl put both answers into the study by STOW-RS', async () => {
    const env = { ...process.env, SERVICE: server.url, KEY: edge.key, PACS: `${orthanc.url}/dicom-web` }
    await run(SCRIPT, [chest({ '0020000d': ['UI', '2.25.14'] })], { env })
    expect(await modalities('2.25.14')).toEqual(['OT', 'SR'])
    const refused = run(
      SCRIPT,
      [chest({ '0020000d': ['UI', '2.25.15'], '00280004': ['CS', 'PALETTE COLOR'] })],
      { env },
    )
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('image-unsupported') })
    expect(await modalities('2.25.15')).toEqual([])
  })
})
