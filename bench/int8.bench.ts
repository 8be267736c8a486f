/**
 * `gpu.int8_vs_fp32`, `gpu.int8_vs_fp32_mobilenet`: time of one run with scores and maps of a shipped model's 8-bit file ÷ of its model.onnx.
 * `wasm.int8_vs_fp32`, `wasm.int8_vs_fp32_mobilenet`: the same in ONNX Runtime's WebAssembly, which the edge's fallback and pages run, in Node's V8.
 * Runs of both files alternate. Of each the fastest run counts, which other work on the machine disturbed least; the spread is that of the ratios of
 * neighbouring runs. Accuracy: bench/int8/accuracy.ts. Memory and browsers: bench/int8/web-assembly.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseManifest } from '@detl/core/model/manifest'
import { MODEL_FILES } from '@detl/core/model/model-file'
import ort from 'onnxruntime-node'
import * as web from 'onnxruntime-web/wasm'
import { phantomTensors } from './int8/phantom-tensors.ts'
import type { Figure } from './run.ts'

const IMAGES = 16
const ROUNDS = 25
const OUTPUTS = ['probabilities', 'cam']
const MODELS = { 'detl-128': '', 'mobilenet-v2-160': '_mobilenet' } as const

export default async function int8(): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {}
  for (const [name, suffix] of Object.entries(MODELS)) {
    figures[`gpu.int8_vs_fp32${suffix}`] = await ratioOf(name, onCpu)
    figures[`wasm.int8_vs_fp32${suffix}`] = await ratioOf(name, inWebAssembly)
  }
  return figures
}

type Runtime = {
  readonly said: string
  readonly batches: readonly number[]
  readonly open: (onnx: Uint8Array) => Promise<{ release(): Promise<void> }>
  readonly run: (session: never, data: Uint8Array, dims: readonly number[]) => Promise<unknown>
}

const onCpu: Runtime = {
  said: 'ONNX Runtime on the CPU',
  batches: [1, IMAGES],
  open: (onnx) =>
    ort.InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 }),
  run: (session: ort.InferenceSession, data, dims) =>
    session.run({ image: new ort.Tensor('uint8', data, dims) }, OUTPUTS),
}

const inWebAssembly: Runtime = {
  said: 'ONNX Runtime in WebAssembly',
  batches: [1],
  open: (onnx) => {
    web.env.wasm.numThreads = 1
    return web.InferenceSession.create(onnx, { executionProviders: ['wasm'], enableCpuMemArena: false })
  },
  run: (session: web.InferenceSession, data, dims) =>
    session.run({ image: new web.Tensor('uint8', data, dims) }, OUTPUTS),
}

/** The worse of the batches. */
async function ratioOf(name: string, { said, batches, open, run }: Runtime): Promise<Figure> {
  const folder = join(import.meta.dirname, '../models', name)
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const { size } = manifest.preprocess
  const images = await phantomTensors(manifest, IMAGES)
  const read = (file: string) => open(new Uint8Array(readFileSync(join(folder, file))))
  const [fp32, integers] = [await read(MODEL_FILES.fp32), await read(MODEL_FILES.int8)]
  const figures: Figure[] = []
  for (const rows of batches) {
    const data = new Uint8Array(Buffer.concat(images.slice(0, rows)))
    const timeOf = async (session: unknown) => {
      const begin = performance.now()
      await run(session as never, data, [rows, 1, size, size])
      return performance.now() - begin
    }
    for (const session of [fp32, integers]) await timeOf(session)
    const times: [number, number][] = []
    for (let round = 0; round < ROUNDS; round++) times.push([await timeOf(integers), await timeOf(fp32)])
    const ratios = times.map(([a, b]) => a / b).sort((a, b) => a - b)
    const at = (share: number) => ratios[Math.floor(share * (ROUNDS - 1))]!
    const fastest = (i: 0 | 1) => Math.min(...times.map((pair) => pair[i]))
    const worse = batches.length > 1 ? `, batch ${rows} (the worse of ${batches.join(' and ')})` : ', batch 1'
    figures.push({
      value: fastest(0) / fastest(1),
      unit: '×',
      runs: ROUNDS,
      spread: at(0.75) - at(0.25),
      against: `model.onnx, ${said}, 1 thread${worse}; fastest runs ${fastest(0).toFixed(2)} and ${fastest(1).toFixed(2)} ms`,
    })
  }
  await Promise.all([fp32.release(), integers.release()])
  return figures.reduce((a, b) => (b.value > a.value ? b : a))
}
