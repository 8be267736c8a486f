/**
 * `edge.own_ms`: what the edge itself adds to a screening: key, ledger (reserve, settle) and limits, in workerd under Miniflare, one caller.
 * A request whose body is refused at its first byte does all of that and neither decodes nor infers; requests to /v1/health, which do
 * none of it, alternate with it. Both are whole round trips, so the figure is an upper bound.
 * `edge.bundle_kb`: what is uploaded, minified and gzipped, without onnxruntime-web; the image codecs' WebAssembly is in it and named apart.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { keyring } from '@detl/core/api/api-key'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { testManifest } from '../test/support/manifest.ts'
import type { Figure } from './run.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PEPPER = 'a pepper for benchmarks'
const ADMIN_KEY = 'admin-key-of-benchmarks'
const WARM_UP = 100
const RUNS = 400

export default async function edge(): Promise<Record<string, Figure>> {
  const out = mkdtempSync(join(tmpdir(), 'detl-bundle-'))
  try {
    build(out, ['--dry-run'])
    const own = await measure(out)
    return { ...own, ...sizes() }
  } finally {
    rmSync(out, { recursive: true })
  }
}

function build(out: string, options: readonly string[]) {
  const args = ['deploy', ...options, '--minify', '--outdir', out]
  execFileSync(join(ROOT, 'node_modules/.bin/wrangler'), args, { cwd: ROOT, stdio: 'ignore' })
}

function sizes(): Record<string, Figure> {
  const lean = mkdtempSync(join(tmpdir(), 'detl-bundle-'))
  const empty = join(lean, 'empty.js')
  writeFileSync(empty, 'export const env = { wasm: {} }, InferenceSession = {}, Tensor = class {}\n')
  try {
    build(lean, ['--dry-run', '--alias', `onnxruntime-web/wasm:${empty}`])
    const kb = (path: string) => gzipSync(readFileSync(path), { level: 9 }).length / 1024
    const script = kb(join(lean, 'worker.js'))
    const codecs = readdirSync(lean)
      .filter((file) => /wasm$/.test(file) && !file.includes('ort-wasm'))
      .map((file) => kb(join(lean, file)))
      .reduce((sum, size) => sum + size, 0)
    const figure = (value: number, against: string): Figure => ({
      value,
      unit: 'KB',
      runs: 1,
      spread: 0,
      against,
    })
    return {
      'edge.bundle_kb': figure(script + codecs, 'limit 400 KB'),
      'edge.bundle_script_kb': figure(
        script,
        `the part that is no image codec; codecs ${codecs.toFixed(0)} KB`,
      ),
    }
  } finally {
    rmSync(lean, { recursive: true })
  }
}

async function measure(out: string): Promise<Record<string, Figure>> {
  const files = readdirSync(out).filter((file) => file === 'worker.js' || /wasm$/.test(file))
  const modules = files
    .sort((a) => (a === 'worker.js' ? -1 : 1))
    .map((file) => ({
      type: file === 'worker.js' ? ('ESModule' as const) : ('CompiledWasm' as const),
      path: join(out, file),
    }))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modulesRoot: out,
      modules,
      compatibilityDate: '2026-10-20',
      compatibilityFlags: ['nodejs_compat'],
      durableObjects: {
        ACCOUNTS: { className: 'Account', useSQLite: true },
        DIRECTORY: { className: 'Directory', useSQLite: true },
        RECEIVERS: { className: 'Receiver', useSQLite: true },
      },
      queueProducers: { USAGE: 'detl-usage', JOBS: 'detl-jobs' },
      bindings: {
        GPU_URL: 'http://127.0.0.1:9',
        GPU_DEADLINE_MS: '1000',
        FALLBACK: 'fail',
        LEASE_MS: '60000',
        EXPORT_RETRY_MS: '900000',
        MAX_BODY_BYTES: '1048576',
        DETL_SIGNING_KEY: `bench:${Buffer.alloc(32, 7).toString('base64')}`,
        DETL_KEY_PEPPER: PEPPER,
        DETL_ADMIN_KEY: ADMIN_KEY,
        MODEL_MANIFEST: JSON.stringify(testManifest()),
      },
    }),
  )
  try {
    const call = async (method: string, path: string, key: string, body?: string) => {
      const headers = { authorization: `Bearer ${key}` }
      const response = await miniflare.dispatchFetch(`http://edge${path}`, {
        method,
        headers,
        ...(body && { body }),
      })
      return { status: response.status, text: await response.text() }
    }
    const limits = { perMinute: 100_000, perKeyPerMinute: 100_000, concurrent: 100 }
    const account = JSON.stringify({ name: 'bench', plan: { kind: 'postpaid' }, limits })
    const json = async (method: string, path: string, body: string) => {
      const response = await miniflare.dispatchFetch(`http://edge/v1/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body,
      })
      if (!response.ok) throw new Error(await response.text())
      return response.json()
    }
    await json('PUT', '/accounts/bench', account)
    const made = await json('POST', '/accounts/bench/keys', JSON.stringify({ name: 'bench', mode: 'live' }))
    const { key } = made as { key: string }
    if (!(await keyring(PEPPER).read(key))) throw new Error('the key is not one of this service')

    const own: number[] = []
    const health: number[] = []
    for (let i = 0; i < WARM_UP + RUNS; i++) {
      const start = performance.now()
      const screened = await call('POST', '/v1/screenings', key, 'no image')
      const between = performance.now()
      await call('GET', '/v1/health', key)
      const end = performance.now()
      if (screened.status !== 415) throw new Error(`expected 415: ${screened.status} ${screened.text}`)
      if (i < WARM_UP) continue
      own.push(between - start)
      health.push(end - between)
    }
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(own, share)) as [
      number,
      number,
      number,
    ]
    const base = quantile(health, 0.5)
    return {
      'edge.own_ms': {
        value: middle,
        unit: 'ms',
        runs: RUNS,
        spread: high - low,
        against: `limit 10 ms; /v1/health through the same harness ${base.toFixed(2)} ms`,
      },
    }
  } finally {
    await miniflare.dispose()
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
