import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseManifest } from '@detl/core/model/manifest'
import { outputsOf } from '@detl/core/model/outputs'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { OnnxModel } from '@detl/export/quantise/onnx-model'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Figure } from './run.ts'

const ROUNDS = { 1: 101, 16: 15 } as const

/**
 * A run that outlines lungs ÷ a run of the same shipped model without them, alternating; the ratio is taken within each pair. Time is the processor's, of one thread.
 */
export default async function severity(): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {}
  for (const name of ['detl-128', 'mobilenet-v2-160']) {
    const folder = fileURLToPath(new URL(`../models/${name}/`, import.meta.url))
    const manifest = parseManifest(JSON.parse(readFileSync(`${folder}manifest.json`, 'utf8')))
    if (!manifest.regions) throw new Error(`${name} outlines no lungs: there is nothing to measure`)
    const onnx = readFileSync(`${folder}model.onnx`)
    const names = outputsOf(manifest)
    const [whole, plain] = [await opened(onnx), await opened(withoutRegions(onnx))]
    for (const batch of [1, 16] as const) {
      const ratios = await ratiosOf(whole, plain, names, manifest.preprocess.size, batch)
      const sorted = ratios.sort((a, b) => a - b)
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!
      figures[`severity.cost.${name}.batch${batch}`] = {
        value: at(0.5),
        unit: '×',
        runs: sorted.length,
        spread: at(0.75) - at(0.25),
        against: 'the same model without regions',
      }
    }
    await Promise.all([whole.release(), plain.release()])
  }
  return figures
}

const opened = (onnx: Uint8Array) =>
  InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 })

function withoutRegions(onnx: Uint8Array): Uint8Array {
  const model = new OnnxModel(onnx)
  model.graph.output = model.graph.output.filter(({ name }) => name !== OUTPUTS.regions)
  model.sweep()
  return model.write()
}

async function ratiosOf(
  whole: InferenceSession,
  plain: InferenceSession,
  names: readonly string[],
  size: number,
  batch: 1 | 16,
): Promise<number[]> {
  const bytes = Uint8Array.from({ length: batch * size * size }, (_, i) => (i * 2654435761) >>> 24)
  const feeds = { image: new Tensor('uint8', bytes, [batch, 1, size, size]) }
  const time = async (session: InferenceSession, wanted: readonly string[]) => {
    const start = process.cpuUsage()
    await session.run(feeds, wanted)
    const { user, system } = process.cpuUsage(start)
    return user + system
  }
  const plainNames = names.filter((name) => name !== OUTPUTS.regions)
  await time(whole, names)
  await time(plain, plainNames)
  const ratios: number[] = []
  for (let round = 0; round < ROUNDS[batch]; round++) {
    const first = round % 2 === 0 ? await time(whole, names) : 0
    const base = await time(plain, plainNames)
    ratios.push((first || (await time(whole, names))) / base)
  }
  return ratios
}
