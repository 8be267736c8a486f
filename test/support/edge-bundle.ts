import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The Workers of the edge and what wrangler is told of each. */
const WORKERS = {
  edge: 'wrangler.toml',
  codecs: 'wrangler.codecs.toml',
  infer: 'wrangler.infer.toml',
} as const
export type EdgeWorker = keyof typeof WORKERS

type BuiltWorker = {
  readonly name: `detl-${EdgeWorker}`
  readonly dir: string
  /** Script first, then WebAssembly: what is uploaded. */
  readonly modules: readonly { type: 'ESModule' | 'CompiledWasm'; path: string }[]
  /** Of all that is uploaded, each file by itself, in KiB. */
  readonly gzipKiB: number
}

/** A Worker as `wrangler deploy` would upload it, minified, in a folder of its own that the caller removes. */
export async function buildWorker(worker: EdgeWorker): Promise<BuiltWorker> {
  const dir = mkdtempSync(join(tmpdir(), `detl-${worker}-`))
  const args = ['deploy', '--dry-run', '--minify', '-c', WORKERS[worker], '--outdir', dir]
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/wrangler'), args, {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  })
  const script = 'worker.js'
  const wasm = readdirSync(dir).filter((file) => /wasm$/.test(file))
  const gzipKiB = [script, ...wasm]
    .map((file) => gzipSync(readFileSync(join(dir, file)), { level: 9 }).length / 1024)
    .reduce((sum, size) => sum + size, 0)
  const modules = [
    { type: 'ESModule' as const, path: join(dir, script) },
    ...wasm.map((file) => ({ type: 'CompiledWasm' as const, path: join(dir, file) })),
  ]
  return { name: `detl-${worker}`, dir, modules, gzipKiB }
}
