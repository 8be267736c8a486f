/**
 * `node bench/int8/web-assembly.ts [MODEL…]`: each shipped model's model.onnx and 8-bit file where WebAssembly runs them: download (bytes, and gzipped),
 * peak memory and time in workerd (the Worker `detl-infer` as it is uploaded), time in Chromium, one thread in both. With and without the
 * network that outlines lungs. Of each time the fastest run is taken, runs of all files alternating in Chromium.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Manifest, parseManifest } from '@detl/core/model/manifest'
import { MODEL_FILES } from '@detl/core/model/model-file'
import { outputsOf } from '@detl/core/model/outputs'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { OnnxModel } from '@detl/export/quantise/onnx-model'
import { setup as buildPage } from '../../test/support/build-page.ts'
import { buildWorker } from '../../test/support/edge-bundle.ts'
import { measuredWorker } from '../../test/support/edge-memory.ts'
import { servedInChromium } from '../../test/support/in-chromium.ts'

const RUNS = 20
const WASM = 'ort-wasm-simd-threaded.wasm'
const ROOT = join(import.meta.dirname, '../..')
const names = process.argv.length > 2 ? process.argv.slice(2) : ['detl-128', 'mobilenet-v2-160']
type File = { readonly name: string; readonly onnx: Uint8Array; readonly regions: boolean }

const PAGE = `
import * as ort from './ort.js'
ort.env.wasm.numThreads = 1
ort.env.wasm.wasmPaths = { wasm: '/${WASM}' }
window.run = async (packed) => {
  let from = 4 + new DataView(packed.buffer).getUint32(0)
  const { size, files } = JSON.parse(new TextDecoder().decode(packed.subarray(4, from)))
  const sessions = []
  for (const { length, outputs } of files) {
    sessions.push([await ort.InferenceSession.create(packed.slice(from, from + length), { executionProviders: ['wasm'] }), outputs])
    from += length
  }
  const best = files.map(() => Infinity)
  for (let round = 0; round < ${RUNS}; round++)
    for (const [i, [session, outputs]] of sessions.entries()) {
      const image = new ort.Tensor('uint8', new Uint8Array(size * size).fill(12 * round), [1, 1, size, size])
      const begin = performance.now()
      await session.run({ image }, outputs)
      best[i] = Math.min(best[i], performance.now() - begin)
    }
  return best
}`

async function measure(folder: string): Promise<void> {
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const files: File[] = [MODEL_FILES.fp32, MODEL_FILES.int8].flatMap((name) => {
    const onnx = new Uint8Array(readFileSync(join(folder, name)))
    return [
      { name, onnx, regions: true },
      { name: `${name}, no lungs`, onnx: withoutRegions(onnx), regions: false },
    ]
  })
  const inBrowser = await chromiumTimes(files, manifest)
  for (const [i, file] of files.entries()) {
    const { all, wasm, ms } = await inWorkerd(file, manifest)
    const mb = (bytes: number) => (bytes / 1e6).toFixed(1)
    const size = `${mb(file.onnx.length)} (${mb(gzipSync(file.onnx).length)})`
    console.log(
      `| ${manifest.name} ${file.name} | ${size} | ${all.toFixed(1)} | ${wasm.toFixed(1)} | ${ms.toFixed(1)} | ${inBrowser[i]!.toFixed(1)} |`,
    )
  }
}

function withoutRegions(onnx: Uint8Array): Uint8Array {
  const model = new OnnxModel(onnx)
  model.graph.output = model.graph.output.filter(({ name }) => name !== OUTPUTS.regions)
  model.sweep()
  return model.write()
}

const outputs = (manifest: Manifest, { regions }: File) =>
  outputsOf(regions ? manifest : { ...manifest, regions: undefined })

/** A whole call over the service binding, of which little is not the run. */
async function inWorkerd(file: File, manifest: Manifest) {
  const { size } = manifest.preprocess
  const sha256 = createHash('sha256').update(file.onnx).digest('hex')
  const worker = await measuredWorker(infer, { [`${sha256}.onnx`]: file.onnx })
  try {
    let ms = Number.POSITIVE_INFINITY
    for (let i = 0; i < RUNS; i++) {
      const begin = performance.now()
      const path = `/run?sha256=${sha256}&size=${size}&outputs=${outputs(manifest, file)}`
      const response = await worker.post(path, new Uint8Array(size ** 2).fill(12 * i))
      if (!response.ok) throw new Error(`${file.name} was not run: ${await response.text()}`)
      await response.arrayBuffer()
      ms = Math.min(ms, performance.now() - begin)
    }
    return { ...(await worker.peakMb()), ms }
  } finally {
    await worker.stop()
  }
}

async function chromiumTimes(files: readonly File[], manifest: Manifest): Promise<number[]> {
  const dist = join(ROOT, 'node_modules/onnxruntime-web/dist')
  const folder = mkdtempSync(join(tmpdir(), 'detl-web-assembly-'))
  try {
    const copies = { 'ort.js': 'ort.wasm.bundle.min.mjs', [WASM]: WASM }
    for (const [to, from] of Object.entries(copies))
      writeFileSync(join(folder, to), readFileSync(join(dist, from)))
    writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>')
    writeFileSync(join(folder, 'page.js'), PAGE)
    const head = Buffer.from(
      JSON.stringify({
        size: manifest.preprocess.size,
        files: files.map((file) => ({ length: file.onnx.length, outputs: outputs(manifest, file) })),
      }),
    )
    const length = Buffer.alloc(4)
    length.writeUInt32BE(head.length)
    const page = await servedInChromium(folder)
    try {
      return await page.post<number[]>(Buffer.concat([length, head, ...files.map(({ onnx }) => onnx)]))
    } finally {
      await page.stop()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

buildPage()
const infer = await buildWorker('infer')
try {
  console.log(
    '| file | download, MB (gzip) | workerd: peak, MB | of it WebAssembly | workerd, ms | Chromium, ms |',
  )
  console.log('|---|---|---|---|---|---|')
  for (const name of names) await measure(join(ROOT, 'models', name))
} finally {
  rmSync(infer.dir, { recursive: true })
}
