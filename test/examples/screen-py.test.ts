import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { listen } from '../support/listen.ts'

const SCRIPT = fileURLToPath(new URL('../../examples/api/screen.py', import.meta.url))
const noPython = spawnSync('python3', ['--version']).status === 0 ? undefined : 'no python3'

describe.skipIf(noPython)(`examples/api/screen.py${noPython ? ` (${noPython})` : ''}`, () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let server: Awaited<ReturnType<typeof listen>>
  let dir: string
  beforeAll(async () => {
    edge = await edgeApp()
    server = await listen(edge)
    dir = mkdtempSync(join(tmpdir(), 'detl-python-'))
  })
  afterAll(async () => {
    await server?.stop()
    await edge?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const run = (image: Uint8Array) => {
    const file = join(dir, 'image')
    writeFileSync(file, image)
    return promisify(execFile)('python3', [SCRIPT, server.url, edge.key, file])
  }

  it('prints the scores of an X-ray', async () => {
    const { stdout } = await run(await chestPng())
    for (const label of edge.manifest.labels)
      expect(stdout).toMatch(new RegExp(`^${label} +0\\.\\d{3}$`, 'm'))
  })

  it('says why an image was refused', async () => {
    await expect(run(new Uint8Array(8))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The image format is not supported'),
    })
  })
})
