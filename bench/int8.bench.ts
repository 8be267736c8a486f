/**
 * A model of 8-bit integers (`detl quantize`) against the model that it is made of: ONNX Runtime on the CPU, one thread, scores and the maps of
 * all four classes, in turn. The ranges come from phantoms: they decide accuracy (bench/int8/accuracy.ts), not time.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseManifest } from '@detl/core/model/manifest'
import { quantise } from '@detl/export/quantise/quantise'
import ort from 'onnxruntime-node'
import { phantomTensors } from './int8/phantom-tensors.ts'
import type { Figure } from './run.ts'

const IMAGES = 16
const ROUNDS = 15
const OUTPUTS = ['probabilities', 'cam']

export default async function int8(): Promise<Record<string, Figure>> {
  return {
    'gpu.int8_vs_fp32': await ratioOf('detl-128'),
    'gpu.int8_vs_fp32_mobilenet': await ratioOf('mobilenet-v2-160'),
  }
}

/** The worse of batch 1 and 16. */
async function ratioOf(name: string): Promise<Figure> {
  const folder = join(import.meta.dirname, '../models', name)
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  const { size } = manifest.preprocess
  const onnx = new Uint8Array(readFileSync(join(folder, 'model.onnx')))
  const images = await phantomTensors(manifest, IMAGES)
  const fp32 = await open(onnx)
  const integers = await open((await quantise(onnx, images)).onnx)
  const figures: Figure[] = []
  for (const rows of [1, IMAGES]) {
    const data = new Uint8Array(Buffer.concat(images.slice(0, rows)))
    const image = new ort.Tensor('uint8', data, [rows, 1, size, size])
    for (const session of [fp32, integers]) await timeOf(session, image, 2)
    const runs = Math.ceil(IMAGES / rows)
    const ratios: number[] = []
    for (let round = 0; round < ROUNDS; round++)
      ratios.push((await timeOf(integers, image, runs)) / (await timeOf(fp32, image, runs)))
    ratios.sort((a, b) => a - b)
    const at = (share: number) => ratios[Math.floor(share * (ROUNDS - 1))]!
    const against = `the fp32 model, ONNX Runtime on the CPU, 1 thread, batch ${rows} (the worse of 1 and ${IMAGES})`
    figures.push({ value: at(0.5), unit: '×', runs: ROUNDS, spread: at(0.75) - at(0.25), against })
  }
  await Promise.all([fp32.release(), integers.release()])
  return figures.reduce((a, b) => (b.value > a.value ? b : a))
}

const open = (onnx: Uint8Array) =>
  ort.InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 })

async function timeOf(session: ort.InferenceSession, image: ort.Tensor, runs: number): Promise<number> {
  const begin = performance.now()
  for (let run = 0; run < runs; run++) await session.run({ image }, OUTPUTS)
  return performance.now() - begin
}
