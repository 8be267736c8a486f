import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportArtifact } from '@detl/export/artifact'
import { selectBackend } from '@detl/train/backend/select'
import { trainStage } from '@detl/train/loop'
import { architectureOf, buildModel, extendDomain, trainableOf } from '@detl/train/model/architectures'
import { loadModel } from '@detl/train/model/files'
import { standardised } from '@detl/train/model/input'
import { camGridOf, camLayerOf, logitsOf } from '@detl/train/model/trunk'
import { gradCam } from '@detl/train/scoring/gradcam'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference, runOnnx } from '../../export/harness.ts'
import { testFacts } from '../../support/manifest.ts'
import { quickStage, squares } from '../tiny-set.ts'

const S = 64
const N = 4
const dir = mkdtempSync(join(tmpdir(), 'detl-networks-'))
const bytes = tf.util.createShuffledIndices(N * S * S)
const batch = (f: (v: number) => number) =>
  tf.tensor4d(
    Float32Array.from(bytes, (v) => f(v % 256)),
    [N, S, S, 1],
  )
const scaled = () => batch((v) => v / 255)

beforeAll(async () => {
  await selectBackend()
})
afterAll(() => rmSync(dir, { recursive: true }))

describe.each([
  // Parameters: of Keras's layers down to a sixteenth of the input, with one channel, and the head of 128 units and 4 classes. The sum for
  // EfficientNet-B0 is by the formula that gives Keras's 4,049,571 for the whole of it.
  { name: 'mobilenet-v1', layer: 'conv_pw_11_relu', maps: 512, parameters: 1_693_444 },
  { name: 'efficientnet-b0', layer: 'top_activation', maps: 672, parameters: 1_032_004 },
] as const)('$name', { timeout: 120_000 }, ({ name, layer, maps, parameters }) => {
  it('is built down to a sixteenth of its input, and explained at its last convolution', () => {
    const model = buildModel(name, { size: 160, classes: 4, seed: 1 })
    expect(model.countParams()).toBe(parameters)
    expect(camLayerOf(model)).toBe(layer)
    expect(model.getLayer(layer).outputShape).toEqual([null, 10, 10, maps])
    expect(camGridOf(model).stride).toBe(16)
    expect(() => buildModel(name, { size: 100, classes: 4, seed: 1 })).toThrow('multiples of 32')
    model.dispose()
  })

  it('computes while frozen what it computes at inference', () => {
    const model = buildModel(name, { size: S, classes: 4, seed: 3 })
    const how = { trainFrom: 'dense2', normalise: true, auxiliary: 0, fresh: false }
    const net = trainableOf(model, batch(standardised), how)
    const { logits } = net.forward(batch(standardised), undefined)
    const expected = logitsOf(model, scaled()).dataSync()
    expect(difference(logits.dataSync() as Float32Array, expected).relative).toBeLessThan(1e-3)
    net.dispose()
  })

  it('is trained, extended, and exported with the scores and maps of automatic differentiation', async () => {
    const [train, validation] = [squares(16, S, 1), squares(8, S, 2)]
    const stage = { ...quickStage, epochs: 2, trainFrom: 'Conv1' }
    const model = buildModel(name, { size: S, classes: 2, seed: 5 })
    const before = model.getLayer('Conv1').getWeights()[0]!.dataSync().slice()
    const options = { seed: 7, dir: join(dir, name), resume: false, fresh: true, identity: 'test' }
    const { modelPath, history } = await trainStage(model, { train, validation }, stage, options)
    expect(history).toHaveLength(2)
    const base = await loadModel(modelPath)
    expect(architectureOf(base)).toBe(name)
    expect(base.getLayer('Conv1').getWeights()[0]!.dataSync()).not.toEqual(before)
    expect(extendDomain(base, 4, 9).outputs[0]!.shape).toEqual([null, 4])

    const facts = testFacts(S, { layer, height: 4, width: 4, ...camGridOf(base) })
    const labels = ['normal', 'covid19']
    const out = join(dir, `${name}-onnx`)
    exportArtifact({ model: join(dir, name, 'best'), out, dtype: 'fp32', facts: { ...facts, labels } })
    const image = tf.tensor4d(
      Int32Array.from(bytes, (v) => v % 256),
      [N, 1, S, S],
      'int32',
    )
    const onnx = await runOnnx(readFileSync(join(out, 'model.onnx')), [image])
    const own = await gradCam(base, scaled())
    expect(difference(onnx.logits!.data, own.logits).relative).toBeLessThan(1e-4)
    expect(difference(onnx.cam!.data, own.maps).relative).toBeLessThan(1e-4)
  })
})
