import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convert } from '@detl/export/convert'
import { readForTfjs } from '@detl/export/files/handler'
import { readModelArtifacts } from '@detl/export/layers/read'
import { readLayersModel } from '@detl/export/read-path'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { randomise } from './cases/case.ts'
import { artifactsOf, bytesOf, difference, runOnnx, saveToFolder, sourceOf } from './harness.ts'

const { layers } = tfl
type Entry = { name: string; shape: number[]; dtype: string; quantization?: object }

const cnn = (): tfl.LayersModel => {
  const model = tfl.sequential({
    layers: [
      layers.conv2d({ name: 'conv', inputShape: [8, 8, 2], filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.flatten({ name: 'flatten' }),
      layers.dense({ name: 'dense', units: 3, activation: 'softmax' }),
    ],
  })
  randomise(model, 5)
  return model
}
const image = tf.randomUniform([2, 8, 8, 2], -1, 1, 'float32', 3)

const run = async (source: ReturnType<typeof readLayersModel>, x: tf.Tensor = image) =>
  Object.values(await runOnnx(bytesOf(convert(source)), [x]))[0]!.data

/** A folder with model.json and one shard. */
function folderOf(json: object, weights: Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), 'detl-read-'))
  writeFileSync(join(dir, 'model.json'), JSON.stringify(json))
  writeFileSync(join(dir, 'weights.bin'), weights)
  return dir
}

describe('the reader takes model files as they occur:', () => {
  it('weights in many shards, cut anywhere', async () => {
    const model = cnn()
    const source = readLayersModel(await saveToFolder(model, 101))
    expect(
      difference(await run(source), (model.predict(image) as tf.Tensor).dataSync()).excess,
    ).toBeLessThanOrEqual(0)
  })

  it('the path of model.json, or of its folder', async () => {
    const folder = await saveToFolder(cnn())
    expect(readLayersModel(folder).model).toMatchObject({
      name: readLayersModel(join(folder, 'model.json')).model.name,
    })
  })

  it.each(['uint8', 'uint16', 'float16'] as const)(
    'weights quantised to %s, with the values that tfjs reads',
    async (kind) => {
      const artifacts = await artifactsOf(cnn())
      const values = tf.io.decodeWeights(artifacts.weightData as ArrayBuffer, artifacts.weightSpecs!)
      const entries: Entry[] = []
      const chunks: Uint8Array[] = []
      for (const { name, shape } of artifacts.weightSpecs!) {
        const data = values[name]!.dataSync()
        const [low, high] = [Math.min(...data), Math.max(...data)]
        const levels = kind === 'uint8' ? 255 : 65535
        const scale = (high - low) / levels || 1
        const Integers = (kind === 'uint8' ? Uint8Array : Uint16Array) as Uint16ArrayConstructor
        // 0x3800 is a half: sign and exponent only, enough to see that halves are read as such.
        const stored =
          kind === 'float16'
            ? Uint16Array.from(data, (x) => (x < 0 ? 0xb800 : 0x3800))
            : Integers.from(data as ArrayLike<number>, (x: number) => Math.round((x - low) / scale))
        chunks.push(new Uint8Array(stored.buffer))
        entries.push({
          name,
          shape,
          dtype: 'float32',
          quantization: kind === 'float16' ? { dtype: kind } : { dtype: kind, scale, min: low },
        })
      }
      const weightsManifest = [{ paths: ['weights.bin'], weights: entries }]
      const folder = folderOf(
        { modelTopology: artifacts.modelTopology, weightsManifest },
        Buffer.concat(chunks),
      )
      const theirs = (await tfl.loadLayersModel(readForTfjs(folder))).predict(image) as tf.Tensor
      expect(difference(await run(readLayersModel(folder)), theirs.dataSync()).excess).toBeLessThanOrEqual(0)
    },
  )

  it('the one group of channels that Keras 2.15 writes where there can be no more', async () => {
    const model = tfl.sequential({
      layers: [
        layers.depthwiseConv2d({ kernelSize: 2, inputShape: [8, 8, 2] }),
        layers.separableConv2d({ kernelSize: 2, filters: 3 }),
        layers.conv2dTranspose({ kernelSize: 2, filters: 3 }),
      ],
    })
    const artifacts = await artifactsOf(model)
    const withGroups = (groups: number) => {
      const modelTopology = JSON.parse(JSON.stringify(artifacts.modelTopology), (_, value) =>
        value?.kernel_size ? { ...value, groups } : value,
      ) as object
      return readModelArtifacts({ ...artifacts, modelTopology } as Parameters<typeof readModelArtifacts>[0])
    }
    const written = (source: Parameters<typeof convert>[0]) => bytesOf(convert(source))
    expect(written(withGroups(1))).toEqual(written(await sourceOf(model)))
    expect(() => written(withGroups(2))).toThrow(/unsupported-option: .*groups is not 1; supported: groups 1/)
  })

  it('layers of any name that tfjs saves and loads again', async () => {
    const names = [
      'conv1/bn',
      'bn',
      'a/conv1/bn',
      'layers',
      'vars',
      'layers/vars/0',
      '0',
      'a.b-c',
      'kernel',
      'a/',
      'constructor',
    ]
    const model = tfl.sequential({ name: 'a' })
    for (const [i, name] of names.entries())
      model.add(layers.dense({ name, units: 4, activation: 'tanh', ...(i === 0 && { inputShape: [3] }) }))
    randomise(model, 31)
    const folder = await saveToFolder(model)
    const x = tf.randomUniform([2, 3], -1, 1, 'float32', 8)
    const theirs = (await tfl.loadLayersModel(readForTfjs(folder))).predict(x) as tf.Tensor
    expect(difference(await run(readLayersModel(folder), x), theirs.dataSync()).excess).toBeLessThanOrEqual(0)
  })

  it('Keras’s topology under model_config, with the cell’s scope in the names of weights', async () => {
    const model = tfl.sequential({
      layers: [
        layers.lstm({ name: 'memory', units: 3, recurrentInitializer: 'glorotNormal', inputShape: [4, 2] }),
        layers.dense({ name: 'out', units: 2 }),
      ],
    })
    randomise(model, 9)
    const artifacts = await artifactsOf(model)
    const config = (artifacts.modelTopology as { config: object }).config
    const weights = artifacts.weightSpecs!.map((spec) => ({
      ...spec,
      name: spec.name.replace('memory/', 'memory/lstm_cell/'),
    }))
    const modelTopology = {
      keras_version: '2.4.0',
      backend: 'tensorflow',
      model_config: { class_name: 'Sequential', config },
    }
    const folder = folderOf(
      { modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights }] },
      new Uint8Array(artifacts.weightData as ArrayBuffer),
    )
    const x = tf.randomUniform([2, 4, 2], -1, 1, 'float32', 4)
    expect(
      difference(await run(readLayersModel(folder), x), (model.predict(x) as tf.Tensor).dataSync()).excess,
    ).toBeLessThanOrEqual(0)
  })

  it('names of weights by number, as Keras 3 gives them', async () => {
    const model = cnn()
    const artifacts = await artifactsOf(model)
    const counts: Record<string, number> = {}
    const weightSpecs = artifacts.weightSpecs!.map((spec) => {
      const layer = spec.name.split('/')[0]!
      const index = counts[layer] ?? 0
      counts[layer] = index + 1
      return { ...spec, name: `layers/${layer}/vars/${index}` }
    })
    const source = readModelArtifacts({
      ...(artifacts as { weightData: ArrayBuffer; modelTopology: object }),
      weightSpecs,
    })
    expect(
      difference(await run(source), (model.predict(image) as tf.Tensor).dataSync()).excess,
    ).toBeLessThanOrEqual(0)
  })

  it('an optimizer’s state beside the weights, which it leaves out', async () => {
    const model = cnn()
    const artifacts = await artifactsOf(model)
    const state = { name: 'conv/kernel/m', shape: [2], dtype: 'float32', group: 'optimizer' }
    const weightData = new Uint8Array(
      Buffer.concat([new Uint8Array(artifacts.weightData as ArrayBuffer), new Uint8Array(8)]),
    ).buffer
    const source = readModelArtifacts({
      modelTopology: artifacts.modelTopology as object,
      weightSpecs: [...artifacts.weightSpecs!, state],
      weightData,
    })
    expect(source.weights.names).not.toContain('conv/kernel/m')
    expect(
      difference(await run(source), (model.predict(image) as tf.Tensor).dataSync()).excess,
    ).toBeLessThanOrEqual(0)
  })
})
