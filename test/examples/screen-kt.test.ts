import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { screeningSchema } from '@detl/core/api/screening'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { edgeApp } from '../support/edge-app.ts'
import { chestPng } from '../support/images.ts'
import { listen } from '../support/listen.ts'

const SOURCE = fileURLToPath(new URL('../../examples/api/Screen.kt', import.meta.url))
const COMPILE_MS = 240_000 // some seconds; more where the machine has other work
const noKotlin =
  spawnSync('kotlinc', ['-version']).status === 0 ? undefined : 'no kotlinc; Debian: apt-get install kotlin'

describe.skipIf(noKotlin)(`examples/api/Screen.kt${noKotlin ? ` (${noKotlin})` : ''}`, () => {
  let edge: Awaited<ReturnType<typeof edgeApp>>
  let server: Awaited<ReturnType<typeof listen>>
  let dir: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'detl-kotlin-'))
    await promisify(execFile)('kotlinc', [SOURCE, '-d', join(dir, 'classes')])
    edge = await edgeApp()
    server = await listen(edge)
  }, COMPILE_MS)
  afterAll(async () => {
    await server?.stop()
    await edge?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  const run = (image: Uint8Array, key = edge.key) => {
    const file = join(dir, 'image')
    writeFileSync(file, image)
    const args = ['-classpath', join(dir, 'classes'), 'ScreenKt', server.url, key, file]
    return promisify(execFile)('kotlin', args)
  }

  it('prints the answer to an X-ray', async () => {
    const { stdout } = await run(await chestPng())
    expect(screeningSchema.parse(JSON.parse(stdout)).label).toBeDefined()
  })

  it('says why an image was refused', async () => {
    await expect(run(new Uint8Array(8))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/problems/image-unsupported'),
    })
  })

  it('asks once more when it passes by itself, and is charged once', async () => {
    const { key } = await edge.newKey('demo')
    let failed = false
    edge.gpu.trouble = () => {
      if (failed) return undefined
      failed = true
      return { status: 503 }
    }
    await run(await chestPng(2), key)
    expect([failed, edge.ledger('demo').charged(0, Date.now() + 1)]).toEqual([true, 1])
  })
})
