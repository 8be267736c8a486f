import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportArtifact } from '@detl/export/artifact'
import { selectBackend } from '@detl/train/backend/select'
import { trainStage } from '@detl/train/loop'
import {
  architectureOf,
  buildModel,
  extendDomain,
  initialModel,
  trainableOf,
} from '@detl/train/model/architectures'
import type { BackboneWeights } from '@detl/train/model/backbone'
import { loadModel, saveModel } from '@detl/train/model/files'
import { standardised } from '@detl/train/model/input'
import { camGridOf, camLayerOf, logitsOf } from '@detl/train/model/trunk'
import { gradCam } from '@detl/train/scoring/gradcam'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference, runOnnx } from '../../export/harness.ts'
import { testFacts } from '../../support/manifest.ts'
import { quickStage, squares } from '../tiny-set.ts'

const S = 64
const dir = mkdtempSync(join(tmpdir(), 'detl-mobilenet-'))
const build = (seed = 1, classes = 4) => buildModel('mobilenet-v2', { size: S, classes, seed })
const bytes = tf.util.createShuffledIndices(8 * S * S)
const batch = (f: (v: number) => number) =>
  tf.tensor4d(
    Float32Array.from(bytes, (v) => f(v % 256)),
    [8, S, S, 1],
  )
const net = (model: ReturnType<typeof build>, trainFrom: string) =>
  trainableOf(model, batch(standardised), { trainFrom, normalise: true, auxiliary: 0, fresh: false })

beforeAll(async () => {
  await selectBackend()
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('MobileNetV2', { timeout: 120_000 }, () => {
  it('is the network of Sandler et al. down to a sixteenth of the input, with a hidden layer of 128', () => {
    const model = buildModel('mobilenet-v2', { size: 160, classes: 4, seed: 1 })
    expect(model.countParams()).toBe(690_052)
    expect(model.getLayer('dense1').outputShape).toEqual([null, 128])
    expect(camLayerOf(model)).toBe('block_13_expand_relu')
    expect(model.getLayer(camLayerOf(model)).outputShape).toEqual([null, 10, 10, 576])
    // Each of four strided convolutions pads on the right only: the windows lie half a step to the right of their cells.
    expect(camGridOf(model)).toEqual({ stride: 16, offset: 15.5 })
  })

  it('takes its first weights by name from a backbone of three channels, which it sums', () => {
    const shapes = build().layers.flatMap((l) =>
      l.getClassName() === 'Dense'
        ? []
        : l.weights.map(
            (w) => [`${l.name}/${w.originalName.split('/').at(-1)}`, w.shape as number[]] as const,
          ),
    )
    const weights: BackboneWeights = new Map(
      shapes.map(([name, shape], i) => {
        const whole = name === 'Conv1/kernel' ? [3, 3, 3, 32] : shape
        return [
          name,
          { shape: whole, values: new Float32Array(whole.reduce((a, b) => a * b, 1)).fill(i + 1) },
        ]
      }),
    )
    const options = { size: S, classes: 4, seed: 1 }
    const model = initialModel('mobilenet-v2', options, dir, () => weights)
    expect(model.getLayer('Conv1').getWeights()[0]!.dataSync()[0]).toBe(3)
    expect(model.getLayer('bn_Conv1').getWeights()[3]!.dataSync()[0]).toBe(5)
    expect(() => initialModel('mobilenet-v2', options, dir, () => new Map())).toThrow(
      'the backbone has no weight Conv1/kernel',
    )
  })

  it('with all but its head frozen trains on what it computes at inference', () => {
    const model = build(3)
    const frozen = net(model, 'dense2')
    expect(frozen.variables.map((v) => v.shape)).toEqual([[128, 4], [4]])
    const { logits, moments } = frozen.forward(batch(standardised), undefined)
    expect(moments).toHaveLength(0)
    const expected = logitsOf(
      model,
      batch((v) => v / 255),
    )
    expect(difference(logits.dataSync() as Float32Array, expected.dataSync()).relative).toBeLessThan(1e-3)
  })

  it('normalises by the batch while it trains, and by what it has seen of batches afterwards', () => {
    const model = build(4)
    const trainable = net(model, 'Conv1')
    const { logits, moments } = trainable.forward(batch(standardised), undefined)
    const own = () =>
      difference(
        logitsOf(
          model,
          batch((v) => v / 255),
        ).dataSync() as Float32Array,
        logits.dataSync(),
      ).relative
    expect(own()).toBeGreaterThan(0.1)
    for (let i = 0; i < 200; i++) trainable.updateStatistics(moments)
    trainable.foldInto(model)
    expect(own()).toBeLessThan(0.02)
  })

  it('is refused as a graph where training would compute something else than the model', () => {
    const image = tfl.input({ name: 'image', shape: [8, 8, 1] })
    const ofOne = (layer: tfl.layers.Layer) => {
      const flat = tfl.layers.flatten().apply(layer.apply(image)) as tfl.SymbolicTensor
      const outputs = tfl.layers.dense({ units: 2, activation: 'softmax' }).apply(flat) as tfl.SymbolicTensor
      return tfl.model({ name: 'mobilenet-v2', inputs: image, outputs })
    }
    const conv = (more: object) => tfl.layers.conv2d({ name: 'c', filters: 2, kernelSize: 3, ...more })
    expect(net(ofOne(conv({})), 'c').variables).toHaveLength(4)
    for (const [layer, why] of [
      [conv({ activation: 'relu' }), 'activation "relu", not "linear"'],
      [conv({ dilationRate: 2 }), 'dilationRate [2,2], not [1,1]'],
      [tfl.layers.batchNormalization({ name: 'c', epsilon: 0.1 }), 'epsilon 0.1, not 0.001'],
      [tfl.layers.reLU({ name: 'c', maxValue: 4 }), 'ends at another value than 6'],
      [
        tfl.layers.separableConv2d({ name: 'c', filters: 2, kernelSize: 3 }),
        'weights of a kind that is not known',
      ],
    ] as const)
      expect(() => net(ofOne(layer), 'c')).toThrow(why)
  })

  it('is trained by the loop, resumed, and extended to four classes', async () => {
    const [train, validation] = [squares(16, S, 1), squares(8, S, 2)]
    const stage = { ...quickStage, epochs: 2, trainFrom: 'Conv1' }
    const options = (name: string) => ({
      seed: 7,
      dir: join(dir, name),
      resume: true,
      fresh: false,
      identity: 'test',
    })
    const unbroken = build(5, 2)
    const expected = await trainStage(unbroken, { train, validation }, stage, options('unbroken'))
    const killed = {
      ...options('killed'),
      onEpoch: () => {
        throw new Error('killed')
      },
    }
    await expect(trainStage(build(5, 2), { train, validation }, stage, killed)).rejects.toThrow('killed')
    const model = build(5, 2)
    const before = tf.memory().numTensors
    const got = await trainStage(model, { train, validation }, stage, options('killed'))
    expect(tf.memory().numTensors).toBe(before)
    expect(got.history.map((h) => h.loss)).toEqual(expected.history.map((h) => h.loss))

    const loaded = await loadModel(got.modelPath)
    const extended = extendDomain(loaded, 4, 9)
    expect(architectureOf(extended)).toBe('mobilenet-v2')
    expect(extended.outputs[0]!.shape).toEqual([null, 4])
    for (const layer of ['Conv1', 'block_5_depthwise_BN', 'dense1'])
      expect(extended.getLayer(layer).getWeights()[0]!.dataSync()).toEqual(
        loaded.getLayer(layer).getWeights()[0]!.dataSync(),
      )
  })

  it('is exported with the scores and maps that automatic differentiation gives', async () => {
    const model = build(6)
    const saved = await saveModel(model, join(dir, 'model'))
    const { manifest } = exportArtifact({
      model: saved,
      out: join(dir, 'onnx'),
      dtype: 'fp32',
      facts: testFacts(S, { layer: camLayerOf(model), height: 4, width: 4, ...camGridOf(model) }),
    })
    expect(manifest.cam.layer).toBe('block_13_expand_relu')
    const image = tf.tensor4d(
      Int32Array.from(bytes, (v) => v % 256),
      [8, 1, S, S],
      'int32',
    )
    const onnx = await runOnnx(readFileSync(join(dir, 'onnx', 'model.onnx')), [image])
    const own = await gradCam(
      model,
      batch((v) => v / 255),
    )
    expect(difference(onnx.logits!.data, own.logits).relative).toBeLessThan(1e-4)
    expect(difference(onnx.cam!.data, own.maps).relative).toBeLessThan(1e-4)
  })
})
