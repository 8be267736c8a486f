/**
 * `npm run deploy -- --model FOLDER`: deploys the edge's three Workers with one model in all of them, as `npm start -- --model FOLDER` runs them.
 * FOLDER as there: a folder with a manifest.json, or the name of a shipped model. `--dry-run` bundles and uploads nothing; `--outdir DIR`
 * keeps what is bundled, and the page, in a folder of its own.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DEFAULT_MODEL } from '@detl/core/model/default-model'
import { findModel } from '../model-dir.ts'
import { buildPage } from './page.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** What edge/src/service.ts imports. A manifest has some 7 kB, more than a Worker's variable takes, so it goes into the bundle. */
const BUILT_IN = `../../models/${DEFAULT_MODEL}/manifest.json`
/** The edge last: it is bound to the others. */
const CONFIGS = ['wrangler.codecs.toml', 'wrangler.infer.toml', 'wrangler.toml'] as const

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: process.env.DETL_MODEL ?? DEFAULT_MODEL },
    'dry-run': { type: 'boolean', default: false },
    outdir: { type: 'string' },
  },
})
const modelDir = findModel(values.model)
console.log(`Model          ${modelDir}`)
const page = values.outdir ? join(values.outdir, 'page') : join(ROOT, 'web/dist')
await buildPage({ modelDir, outDir: page })
/** What each Worker has of the model beside its code. */
const OWN: Partial<Record<(typeof CONFIGS)[number], string[]>> = {
  'wrangler.infer.toml': ['--assets', join(page, 'model')],
  'wrangler.toml': ['--assets', page, '--alias', `${BUILT_IN}:${join(modelDir, 'manifest.json')}`],
}
for (const config of CONFIGS) {
  const outdir = values.outdir && ['--outdir', join(values.outdir, config.replace('.toml', ''))]
  const { status, error } = spawnSync(
    'wrangler',
    [
      ...['deploy', '-c', config, ...(outdir || []), ...(values['dry-run'] ? ['--dry-run'] : [])],
      ...(OWN[config] ?? []),
    ],
    { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' },
  )
  if (status !== 0) {
    console.error(
      `${config} could not be deployed${error ? `: ${error.message}` : ''}; what follows it was left out`,
    )
    process.exit(1)
  }
}
console.log(
  `Give the GPU function the same folder: MODELS_DIR with ${modelDir}. GET /v1/health says whether all parts agree.`,
)
