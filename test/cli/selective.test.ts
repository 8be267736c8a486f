import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ScoredLine } from '@detl/cli/screen/line'
import { encodePng } from '@detl/core/image/png-encode'
import { parseManifest } from '@detl/core/model/manifest'
import { phantom } from '@detl/core/phantom/phantom'
import { afterAll, beforeAll, expect, it } from 'vitest'

const DETL = fileURLToPath(new URL('../../cli/bin/detl.mjs', import.meta.url))
const SHIPPED = fileURLToPath(new URL('../../models/detl-128/', import.meta.url))

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'detl-selective-'))
  const { image } = phantom({ seed: 5, width: 300, height: 340, lesions: ['consolidation'] })
  const png = await encodePng({ ...image, data: image.data.map((v) => v << 4), channels: 1 })
  await writeFile(join(dir, 'x.png'), png)
  await symlink(join(SHIPPED, 'model.onnx'), join(dir, 'model.onnx'))
})
afterAll(() => rm(dir, { recursive: true }))

it('decides only what the model is sure of where it is asked to, and refuses where that is not known', async () => {
  const { selective, ...manifest } = parseManifest(
    JSON.parse(await readFile(join(SHIPPED, 'manifest.json'), 'utf8')),
  )
  const screen = async (change: object, ...flags: string[]) => {
    await writeFile(join(dir, 'manifest.json'), JSON.stringify({ ...manifest, ...change }))
    const args = [DETL, 'screen', 'x.png', '--json', '--model', dir, ...flags]
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, args, { cwd: dir }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      )
    })
  }
  const lineOf = async (change: object, ...flags: string[]) =>
    JSON.parse((await screen(change, ...flags)).stdout) as ScoredLine

  const sure = await lineOf({ selective: { ...selective, threshold: 0.1 } }, '--selective')
  expect(sure.decision.outcome).not.toBe('unsure')
  expect(sure.decision.selective).toMatchObject({
    confidence: Math.max(...Object.values(sure.probabilities)),
    threshold: 0.1,
    balancedAccuracy: selective!.balancedAccuracy.answered,
  })
  const strict = { selective: { ...selective, threshold: 0.9999 } }
  const unsure = await lineOf(strict, '--selective')
  expect(unsure.decision).toMatchObject({ outcome: 'unsure', abstained: true, above: sure.decision.above })
  expect(unsure.decision.headline).toMatch(/^No decision: the model is not sure enough; /)
  const { selective: _, ...asEver } = sure.decision
  expect((await lineOf(strict)).decision).toEqual(asEver)
  const unknown = await screen({}, '--selective')
  expect(unknown.code).toBe(1)
  expect(unknown.stderr).toMatch(
    /^detl: request-invalid: --selective: of the model .* from where on it is sure/,
  )
})
