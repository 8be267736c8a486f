import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { addExportCommands } from '@detl/export/commands'
import { convert } from '@detl/export/convert'
import { readLayersModel } from '@detl/export/read-path'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { Command } from 'commander'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { testFacts } from '../support/manifest.ts'
import { saveToFolder } from './harness.ts'

const { layers } = tfl
type Json = { [key: string]: unknown }

const branched = (): tfl.LayersModel => {
  const x = tfl.input({ name: 'image', shape: [8, 8, 1] })
  const conv = layers
    .conv2d({ name: 'conv5', filters: 2, kernelSize: 3, padding: 'same' })
    .apply(x) as tfl.SymbolicTensor
  const sum = layers
    .add({ name: 'sum' })
    .apply([conv, layers.reLU({ name: 'relu' }).apply(conv) as tfl.SymbolicTensor]) as tfl.SymbolicTensor
  const flat = layers.flatten({ name: 'flatten' }).apply(sum) as tfl.SymbolicTensor
  return tfl.model({
    name: 'net',
    inputs: x,
    outputs: layers.dense({ name: 'scores', units: 2 }).apply(flat) as tfl.SymbolicTensor,
  })
}

/** As small as a screening model can be. */
const screening = (): tfl.LayersModel =>
  tfl.sequential({
    layers: [
      layers.conv2d({ name: 'conv', inputShape: [16, 16, 1], filters: 2, kernelSize: 3, activation: 'relu' }),
      layers.globalAveragePooling2d({ name: 'mean', dataFormat: 'channelsLast' }),
      layers.dense({ name: 'scores', units: 4, activation: 'softmax' }),
    ],
  })
const FACTS = testFacts(16, { layer: 'conv', height: 14, width: 14, stride: 1, offset: 1.5 })

/** A saved model whose model.json has been changed. */
async function changed(
  change: (json: { modelTopology: Json; weightsManifest: { weights: Json[] }[] }) => void,
): Promise<string> {
  const dir = await saveToFolder(branched())
  const json = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8'))
  change(json)
  writeFileSync(join(dir, 'model.json'), JSON.stringify(json))
  return dir
}
const layerIn = (json: { modelTopology: Json }, name: string) =>
  (
    json.modelTopology.config as {
      layers: { name: string; class_name: string; config: Json; inbound_nodes: unknown[] }[]
    }
  ).layers.find((l) => l.name === name)!

describe('the commands', () => {
  const lines = { out: [] as string[], error: [] as string[] }
  let folder: string

  beforeAll(async () => {
    folder = await saveToFolder(branched())
  })
  afterEach(() => {
    vi.restoreAllMocks()
    process.exitCode = undefined
  })

  const detl = async (...args: string[]): Promise<number> => {
    process.exitCode = undefined
    lines.out = []
    lines.error = []
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.out.push(line))
    vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.error.push(line))
    const program = new Command().exitOverride()
    addExportCommands(program, async () => {})
    await program.parseAsync(['node', 'detl', ...args])
    return Number(process.exitCode ?? 0)
  }

  it('convert and verify a model', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'detl-out-')), 'deep/model.onnx')
    expect(await detl('convert', folder, out, '--input-layout', 'nchw', '--opset', '18', '--cam')).toBe(0)
    expect(lines.out.join()).toMatch(/model\.onnx: .* MB; Grad-CAM explains "conv5"/)
    expect(await detl('verify', folder, out, '--inputs', '2')).toBe(0)
    expect(lines.out.join('\n')).toMatch(/scores: largest difference .*\nagree within 1e-4 on 5 inputs/)
  })

  it('export the screening artefact with the facts that lie beside the model', async () => {
    const model = await saveToFolder(screening())
    const out = mkdtempSync(join(tmpdir(), 'detl-out-'))
    expect(await detl('export', model, '--out', out)).toBe(1)
    expect(lines.error[0]).toMatch(
      /^detl: manifest-invalid: .*facts\.json: no such file; `detl train artifact` writes it/,
    )
    writeFileSync(join(model, 'facts.json'), JSON.stringify(FACTS))
    const named = (facts: object) => {
      const path = join(out, '..', `${basename(out)}.json`)
      writeFileSync(path, JSON.stringify(facts))
      return path
    }
    const layercam = named({ ...FACTS, cam: { ...FACTS.cam, method: 'layercam' } })
    expect(await detl('export', model, '--out', out, '--facts', layercam)).toBe(0)
    expect(readFileSync(join(out, 'model.onnx')).includes('feature_maps')).toBe(false)
    expect(readdirSync(out).sort()).toEqual(['manifest.json', 'model.onnx'])
    expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')).cam).toMatchObject({
      method: 'layercam',
      layer: 'conv',
    })
    expect(await detl('verify', model, join(out, 'model.onnx'), '--inputs', '1')).toBe(0)
    expect(await detl('export', model, '--out', out, '--facts', named({ ...FACTS, schema: 1 }))).toBe(1)
    expect(lines.error.at(-1)).toMatch(
      /facts\.json has schema 1; .*write it again with `detl train artifact`/,
    )
  })

  it('find a file that does not agree: exit code 1', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'detl-out-'))
    const other = await saveToFolder(branched())
    expect(await detl('convert', other, join(dir, 'other.onnx'))).toBe(0)
    expect(await detl('verify', folder, join(dir, 'other.onnx'), '--inputs', '1')).toBe(1)
    expect(lines.error.join()).toMatch(/^detl: verify-failed: differences exceed 1e-4$/)
  })

  it('leave the file that was there where a conversion fails, and nothing beside it: one line, no stack', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'detl-out-'))
    const out = join(dir, 'model.onnx')
    writeFileSync(out, 'before')
    const broken = await changed((json) =>
      Object.assign(layerIn(json, 'conv5').config, { padding: 'mirror' }),
    )
    expect(await detl('convert', broken, out)).toBe(1)
    expect(lines.error).toEqual([
      'detl: unsupported-option: layer "conv5" (Conv2D): padding is "mirror"; supported: valid, same',
    ])
    expect(readFileSync(out, 'utf8')).toBe('before')
    expect(readdirSync(dir)).toEqual(['model.onnx'])
  })

  it('say so where the result cannot be written', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'detl-out-'))
    writeFileSync(join(dir, 'file'), '')
    expect(await detl('convert', folder, join(dir, 'file/model.onnx'))).toBe(1)
    expect(lines.error[0]).toMatch(/^detl: output-unwritable: .*file\/model\.onnx/)
    expect(existsSync(join(dir, 'file/model.onnx'))).toBe(false)
  })

  it('refuse a layout, type or method that there is not, naming those that there are', async () => {
    expect(await detl('convert', folder, '/nowhere', '--dtype', 'int4')).toBe(1)
    expect(lines.error).toEqual(['detl: unsupported-option: --dtype is "int4"; supported: fp32, fp16'])
    expect(await detl('convert', folder, '/nowhere', '--cam-method', 'scorecam')).toBe(1)
    expect(lines.error[0]).toContain('supported: gradcam, gradcam++, layercam, hirescam')
  })
})

it('a recurrent layer that the mask does not reach is refused: tfjs would apply it all the same', async () => {
  const initial = { recurrentInitializer: 'glorotNormal' as const }
  const model = tfl.sequential({
    layers: [
      layers.masking({ inputShape: [5, 3] }),
      layers.lstm({ ...initial, units: 4 }),
      layers.repeatVector({ n: 5 }),
      layers.lstm({ ...initial, name: 'decoder', units: 4 }),
    ],
  })
  const folder = await saveToFolder(model)
  expect(() => convert(readLayersModel(folder))).toThrow(
    /unsupported-option: layer "decoder" \(LSTM\): its input has no mask, but/,
  )
})

it('a NaN in a weight is refused, naming weight and element', async () => {
  const model = branched()
  model.getLayer('scores').setWeights([tf.fill([128, 2], Number.NaN), tf.zeros([2])])
  const folder = await saveToFolder(model)
  expect(() => convert(readLayersModel(folder))).toThrow(
    /weights-unreadable: weight "scores\/kernel" holds NaN at element 0/,
  )
})
