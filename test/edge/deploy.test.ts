import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { afterAll, describe, expect, it } from 'vitest'
import { modelsFolder } from '../support/model-folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const models = modelsFolder()
const model = models.add({ name: 'own' })
const outdir = mkdtempSync(join(tmpdir(), 'detl-deploy-'))
afterAll(() => {
  models.remove()
  rmSync(outdir, { recursive: true })
})

describe('npm run deploy', () => {
  it('has one model in the edge, the page and the Worker that infers', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'cli/src/serve/deploy.ts'), '--model', model, '--dry-run', '--outdir', outdir],
      {
        cwd: root,
        encoding: 'utf8',
        env: {
          ...process.env,
          PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
          WRANGLER_SEND_METRICS: 'false',
        },
      },
    )
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(stdout.match(/--dry-run: exiting now/g)).toHaveLength(3)
    const manifest = readFileSync(join(model, 'manifest.json'), 'utf8')
    const sha256 = JSON.parse(manifest).files['model.onnx']
    const edge = readFileSync(join(outdir, 'wrangler/worker.js'), 'utf8')
    expect(edge).toContain(sha256)
    expect(edge).not.toContain(
      JSON.parse(readFileSync(join(root, 'models', DEFAULT_MODEL, 'manifest.json'), 'utf8')).files[
        'model.onnx'
      ],
    )
    expect(readFileSync(join(outdir, 'page/model/manifest.json'), 'utf8')).toBe(manifest)
  })
})
