/**
 * What a sender gains who makes the tensor himself. `upload.seconds`: from the bytes of a full-size radiograph (2500 × 3000, DICOM, not
 * compressed) to its answer, over a link of 1 Mbit/s with a round trip of 100 ms: decoding on the sender's side counted, the model not (a stand-in
 * answers at once). `upload.edge_cpu`: CPU time of the edge in workerd for one screening. Both as how many times less than with the image.
 */
import { rmSync } from 'node:fs'
import { codecs } from '@detl/codecs/modules'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { takeIn } from '@detl/core/intake/intake'
import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { encodeTensorUpload } from '@detl/core/wire/tensor-upload'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { setup as buildPage } from '../test/support/build-page.ts'
import { chestElements, littleEndian, writeDicom } from '../test/support/dicom-writer.ts'
import { buildWorker } from '../test/support/edge-bundle.ts'
import { gpuStandIn, SIGNING_KEY } from '../test/support/gpu-stand-in.ts'
import { cpuClock } from '../test/support/in-workerd.ts'
import { testManifest } from '../test/support/manifest.ts'
import type { Figure } from './run.ts'
import { slowLink } from './upload/slow-link.ts'

const SIZE = { width: 2500, height: 3000 }
const S = 128
const LINK = { bitsPerS: 1e6, roundTripMs: 100 }
const TENSOR_RUNS = 5
const CPU_RUNS = 7
const ADMIN_KEY = 'admin-key-of-benchmarks'

const manifest = testManifest({
  preprocess: cxrGrey(S),
  gate: DEFAULT_GATE,
  input: { ...testManifest().input, shape: [-1, 1, S, S] },
})

type Sent = { readonly headers: Record<string, string>; readonly body: Uint8Array<ArrayBuffer> }
const asImage = async (file: Uint8Array<ArrayBuffer>): Promise<Sent> => ({
  headers: { 'content-type': 'application/dicom' },
  body: file,
})
async function asTensor(file: Uint8Array): Promise<Sent> {
  const gate = { mode: 'refuse', spec: manifest.gate } as const
  const taken = await takeIn(file, manifest.preprocess, gate, { limits: DEFAULT_LIMITS, codecs })
  return encodeTensorUpload(taken, manifest.preprocess)
}

export default async function upload(): Promise<Record<string, Figure>> {
  buildPage() // the Worker is not built without its assets
  const { image } = phantom({ seed: 1, ...SIZE, lesions: ['consolidation'] })
  const elements = chestElements(SIZE, { allocated: 16, stored: 12 })
  const file = new Uint8Array(writeDicom('1.2.840.10008.1.2.1', elements, littleEndian(image.data)))
  const gpu = await gpuStandIn(manifest)
  const edge = await startEdge(gpu.url)
  try {
    return {
      'upload.seconds': await seconds(edge, file),
      'upload.edge_cpu': await edgeCpu(edge, file),
    }
  } finally {
    await edge.stop()
    await gpu.stop()
  }
}

type Edge = Awaited<ReturnType<typeof startEdge>>

async function post({ key }: Edge, port: number, { headers, body }: Sent): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/screenings`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}`, connection: 'close' },
    body,
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
}

async function seconds(edge: Edge, file: Uint8Array<ArrayBuffer>): Promise<Figure> {
  const link = await slowLink(edge.port, LINK)
  const time = async (make: (file: Uint8Array<ArrayBuffer>) => Promise<Sent>) => {
    const start = performance.now()
    await post(edge, link.port, await make(file))
    return performance.now() - start
  }
  try {
    await time(asTensor) // the first compiles
    const tensors: number[] = []
    for (let i = 0; i < TENSOR_RUNS; i++) tensors.push(await time(asTensor))
    const whole = await time(asImage)
    const { middle, spread } = quartiles(tensors.map((ms) => whole / ms))
    const against = `the image of ${(file.length / 1e6).toFixed(1)} MB, sent once: ${(whole / 1000).toFixed(1)} s; 1 Mbit/s, 100 ms`
    return { value: middle, unit: '× faster', runs: TENSOR_RUNS, spread, against }
  } finally {
    await link.stop()
  }
}

async function edgeCpu(edge: Edge, file: Uint8Array<ArrayBuffer>): Promise<Figure> {
  const tensor = await asTensor(file)
  const whole = await asImage(file)
  const cpu = async (sent: Sent, times: number) => {
    const start = edge.cpuMs()
    for (let i = 0; i < times; i++) await post(edge, edge.port, sent)
    return (edge.cpuMs() - start) / times
  }
  await cpu(whole, 2)
  await cpu(tensor, 20)
  const ratios: number[] = []
  for (let i = 0; i < CPU_RUNS; i++) {
    const first = i % 2 === 0 ? await cpu(whole, 2) : undefined
    const little = await cpu(tensor, 20)
    ratios.push((first ?? (await cpu(whole, 2))) / little)
  }
  const { middle, spread } = quartiles(ratios)
  const against = 'the edge given the image: decode, gate and preprocess; key, ledger and answer in both'
  return { value: middle, unit: '× less', runs: CPU_RUNS, spread, against }
}

/** The edge's own Worker as it is deployed, with an account that has no limits to speak of. */
async function startEdge(gpuUrl: string) {
  const { dir, modules } = await buildWorker('edge')
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
        GPU_URL: gpuUrl,
        GPU_DEADLINE_MS: '5000',
        FALLBACK: 'fail',
        DEADLINE_MS: '600000',
        LEASE_MS: '900000',
        EXPORT_RETRY_MS: '900000',
        MAX_BODY_BYTES: String(32 * 2 ** 20),
        DETL_SIGNING_KEY: SIGNING_KEY,
        DETL_KEY_PEPPER: 'a pepper for benchmarks',
        DETL_ADMIN_KEY: ADMIN_KEY,
        MODEL_MANIFEST: JSON.stringify(manifest),
      },
    }),
  )
  const url = await miniflare.ready
  const admin = async (method: string, path: string, body: object) => {
    const response = await fetch(new URL(`/v1/admin${path}`, url), {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  }
  const limits = { perMinute: 100_000, perKeyPerMinute: 100_000, concurrent: 100 }
  await admin('PUT', '/accounts/bench', { name: 'bench', plan: { kind: 'postpaid' }, limits })
  const made = await admin('POST', '/accounts/bench/keys', { name: 'bench', mode: 'live' })
  return {
    port: Number(url.port),
    key: (made as { key: string }).key,
    cpuMs: cpuClock(),
    stop: async () => {
      await miniflare.dispose()
      rmSync(dir, { recursive: true })
    },
  }
}

function quartiles(values: readonly number[]): { middle: number; spread: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!
  return { middle: at(0.5), spread: at(0.75) - at(0.25) }
}
