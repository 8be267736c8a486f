import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { uniform } from '@detl/core/base/random'
import { float32Values } from '@detl/core/wire/tensor'
import { writeInt8 } from '@detl/export/quantise/beside'
import { calibrate } from '@detl/export/quantise/calibrate'
import type { PrecisionChoice } from '@detl/gpu-function/session-messages'
import { startGpuFunction } from '@detl/gpu-function/start'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inferCall, KEYS, readAnswer, signedCall } from '../support/gpu-client.ts'
import { modelsFolder } from '../support/model-folder.ts'

const random = uniform(3)
const images = Array.from({ length: 4 }, () => Uint8Array.from({ length: 32 * 32 }, () => random() * 256))
const models = modelsFolder()
const plain = modelsFolder()
let digests: Record<string, string>
beforeAll(async () => {
  plain.add()
  const folder = models.add()
  const onnx = new Uint8Array(readFileSync(join(folder, 'model.onnx')))
  const { manifest } = writeInt8(folder, await calibrate(onnx, images, 'minmax'), { webAssembly: true })
  digests = manifest.files
})
afterAll(() => {
  models.remove()
  plain.remove()
})

/** Starts a GPU function, asks it what it runs and for an answer, and ends it. */
async function started(precision: PrecisionChoice, modelsDir = models.root) {
  const lines: { msg: string; precision?: string; because?: string }[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const options = { modelsDir, keys: KEYS, port: 0, provider: 'cpu', maxBatch: 2, threads: 1 } as const
  const server = await startGpuFunction({ ...options, precision, logger })
  try {
    const path = '/v2/models/detl'
    const metadata = await fetch(server.url + path, await signedCall('GET', path))
    const { parameters } = (await metadata.json()) as { parameters: Record<string, unknown> }
    const call = await inferCall({ image: images[1]!, outputs: ['probabilities'] })
    const answer = await readAnswer(await fetch(server.url + call.path, call.init))
    const log = lines.find(({ msg }) => msg === 'model loaded')!
    return { parameters, answer, log, probabilities: [...float32Values(answer.outputs[0]!)] }
  } finally {
    await server.close()
  }
}

describe('the precision that a GPU function runs on a CPU', () => {
  it('is fp32 unless asked for, and int8 where asked for: metadata, answers and log say so', async () => {
    const [whole, small] = [await started('fp32'), await started('int8')]
    for (const [{ parameters, answer, log }, precision, file] of [
      [whole, 'fp32', 'model.onnx'],
      [small, 'int8', 'model.int8.onnx'],
    ] as const) {
      expect(parameters).toMatchObject({
        precision,
        sha256: digests['model.onnx'],
        runs_sha256: digests[file],
      })
      expect(answer.parameters).toMatchObject({ precision })
      expect(log).toMatchObject({ precision })
    }
    const apart = small.probabilities.map((p, i) => Math.abs(p - whole.probabilities[i]!))
    expect(Math.max(...apart)).toBeGreaterThan(0)
    expect(Math.max(...apart)).toBeLessThan(0.05)
  })

  it('is the faster one where that is asked for, with the times in the log', async () => {
    const { parameters, log } = await started('auto')
    expect(['fp32', 'int8']).toContain(parameters.precision)
    expect(log.because).toMatch(
      /^measured at start: int8 takes \d+\.\d\d of fp32's time at batch 1, \d+\.\d\d of fp32's time at batch 2$/,
    )
    const ratios = log.because!.match(/\d+\.\d\d/g)!.map(Number)
    if (Math.max(...ratios) > 0.96) expect(parameters.precision).toBe('fp32')
    if (Math.max(...ratios) < 0.94) expect(parameters.precision).toBe('int8')
  })

  it('is fp32 where the model has no 8-bit file', async () => {
    const { parameters, log } = await started('int8', plain.root)
    expect(parameters.precision).toBe('fp32')
    expect(log.because).toBe('the model has no 8-bit file')
  })

  it('is none where the 8-bit file is another than the manifest names', async () => {
    const damaged = modelsFolder()
    const folder = damaged.add()
    const onnx = new Uint8Array(readFileSync(join(folder, 'model.onnx')))
    writeInt8(folder, await calibrate(onnx, images.slice(0, 1), 'minmax'), { webAssembly: true })
    appendFileSync(join(folder, 'model.int8.onnx'), 'x')
    await expect(started('auto', damaged.root)).rejects.toThrow(/model\.int8\.onnx has the sha256/)
    damaged.remove()
  })
})
