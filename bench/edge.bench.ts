/**
 * `edge.own_ms`: what the edge itself adds to a screening: key, ledger (reserve, settle) and limits, in workerd under Miniflare, one caller.
 * A request whose body is refused at its first byte does all of that and neither decodes nor infers; requests to /v1/model, which do
 * none of it, alternate with it. Both are whole round trips, so the figure is an upper bound.
 * `edge.bundle_kb`: what is uploaded of the edge's own Worker, minified and gzipped; its codecs and its run of the model are Workers of their own.
 * `edge.fallback_peak_mb`: the memory of the latter that counts towards Cloudflare's limit (test/support/edge-memory.ts says how), with the file that it runs of
 * the shipped model; `_fp32`: with model.onnx in its place; `_mobilenet`: with that of the other shipped model.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { keyring } from '@detl/core/api/api-key'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { type ModelFile, mainFile, webAssemblyFile } from '@detl/core/model/model-file'
import { outputsOf } from '@detl/core/model/outputs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { setup as buildPage } from '../test/support/build-page.ts'
import { buildWorker } from '../test/support/edge-bundle.ts'
import { measuredWorker } from '../test/support/edge-memory.ts'
import { testManifest } from '../test/support/manifest.ts'
import type { Figure } from './run.ts'

const MODELS = resolve(import.meta.dirname, '../models')
const PEPPER = 'a pepper for benchmarks'
const ADMIN_KEY = 'admin-key-of-benchmarks'
const WARM_UP = 100
const RUNS = 400

export default async function edge(): Promise<Record<string, Figure>> {
  buildPage()
  const built = await buildWorker('edge')
  try {
    const bundle: Figure = { value: built.gzipKiB, unit: 'KB', runs: 1, spread: 0, against: 'limit 400 KB' }
    return { ...(await measure(built)), 'edge.bundle_kb': bundle, ...(await sizes()) }
  } finally {
    rmSync(built.dir, { recursive: true })
  }
}

async function sizes(): Promise<Record<string, Figure>> {
  const figure = (value: number, against: string): Figure => ({
    value,
    unit: 'KB',
    runs: 1,
    spread: 0,
    against,
  })
  const [codecs, infer] = await Promise.all([buildWorker('codecs'), buildWorker('infer')])
  try {
    return {
      'edge.codecs_bundle_kb': figure(codecs.gzipKiB, 'limit of a Worker 10,240 KB'),
      'edge.infer_bundle_kb': figure(infer.gzipKiB, 'limit of a Worker 10,240 KB'),
      ...(await memory(infer)),
    }
  } finally {
    for (const { dir } of [codecs, infer]) rmSync(dir, { recursive: true })
  }
}

/** The Worker that runs the model, after its first answers. */
async function memory(infer: Awaited<ReturnType<typeof buildWorker>>): Promise<Record<string, Figure>> {
  const [taken, fp32, mobilenet] = [
    await peak(infer, 'detl-128', webAssemblyFile),
    await peak(infer, 'detl-128', mainFile),
    await peak(infer, 'mobilenet-v2-160', webAssemblyFile),
  ]
  const figure = (value: number, against: string): Figure => ({
    value,
    unit: 'MB',
    runs: 20,
    spread: 0,
    against,
  })
  const counted =
    'V8’s heap, ArrayBuffers and WebAssembly memory of detl-infer; limit 60 MB, Cloudflare’s 128'
  return {
    'edge.fallback_peak_mb': figure(taken.all, `${taken.file}: ${counted}`),
    'edge.fallback_wasm_mb': figure(
      taken.wasm,
      'the part of it that is ONNX Runtime’s memory with the model',
    ),
    'edge.fallback_peak_mb_fp32': figure(fp32.all, `${fp32.file} in its place`),
    'edge.fallback_peak_mb_mobilenet': figure(
      mobilenet.all,
      `mobilenet-v2-160, ${mobilenet.file}: ${counted}`,
    ),
  }
}

async function peak(
  infer: Awaited<ReturnType<typeof buildWorker>>,
  name: string,
  choose: (manifest: Manifest) => ModelFile,
) {
  const folder = join(MODELS, name)
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const { size } = manifest.preprocess
  const { name: file, sha256 } = choose(manifest)
  const worker = await measuredWorker(infer, { [`${sha256}.onnx`]: readFileSync(join(folder, file)) })
  try {
    for (let i = 0; i < 20; i++) {
      const path = `/run?sha256=${sha256}&size=${size}&outputs=${outputsOf(manifest)}`
      const response = await worker.post(path, new Uint8Array(size ** 2).fill(12 * i))
      if (!response.ok) throw new Error(`the model was not run: ${response.status} ${await response.text()}`)
    }
    return { ...(await worker.peakMb()), file }
  } finally {
    await worker.stop()
  }
}

async function measure({
  dir,
  modules,
}: Awaited<ReturnType<typeof buildWorker>>): Promise<Record<string, Figure>> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modulesRoot: dir,
      modules: [...modules],
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
    const bare: number[] = []
    for (let i = 0; i < WARM_UP + RUNS; i++) {
      const start = performance.now()
      const screened = await call('POST', '/v1/screenings', key, 'no image')
      const between = performance.now()
      await call('GET', '/v1/model', key)
      const end = performance.now()
      if (screened.status !== 415) throw new Error(`expected 415: ${screened.status} ${screened.text}`)
      if (i < WARM_UP) continue
      own.push(between - start)
      bare.push(end - between)
    }
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(own, share)) as [
      number,
      number,
      number,
    ]
    const base = quantile(bare, 0.5)
    return {
      'edge.own_ms': {
        value: middle,
        unit: 'ms',
        runs: RUNS,
        spread: high - low,
        against: `limit 10 ms; /v1/model through the same harness ${base.toFixed(2)} ms`,
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
