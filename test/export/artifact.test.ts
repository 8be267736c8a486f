import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import type { ModelFacts } from '@detl/core/model/facts'
import { parseManifest } from '@detl/core/model/manifest'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { exportArtifact } from '@detl/export/artifact'
import { convert } from '@detl/export/convert'
import { readModel } from '@detl/export/read-path'
import { verify } from '@detl/export/verify'
import { withTemperature } from '@detl/export/with-temperature'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { ModelProtoSchema } from 'onnx-buf'
import { beforeAll, describe, expect, it } from 'vitest'
import { testFacts } from '../support/manifest.ts'
import {
  classSlice,
  detl12,
  difference,
  gradCam,
  type Outputs,
  runOnnx,
  saveToFolder,
  tailOf,
} from './harness.ts'

const SIZE = 64
const facts: ModelFacts = {
  ...testFacts(SIZE, { layer: 'conv6', height: 9, width: 9, stride: 4, offset: 16 }),
  temperature: 1.5,
}

describe('the screening artefact', () => {
  const model = detl12(SIZE)
  const out = mkdtempSync(join(tmpdir(), 'detl-artifact-'))
  const image = tf.cast(tf.floor(tf.randomUniform([3, 1, SIZE, SIZE], 0, 256, 'float32', 5)), 'int32')
  const mean = Array.from({ length: 128 }, (_, i) => 0.01 * i)
  const precision = Array.from({ length: 128 * 128 }, (_, i) => (i % 129 === 0 ? 2 : 0.001))
  let folder: string
  let outputs: Outputs

  beforeAll(async () => {
    folder = await saveToFolder(model)
    exportArtifact({
      model: folder,
      out,
      facts: {
        ...facts,
        outOfDistribution: { method: 'mahalanobis', output: 'ood_score', threshold: 1, mean, precision },
      },
      dtype: 'fp32',
      featureMaps: true,
    })
    outputs = await runOnnx(readFileSync(join(out, 'model.onnx')), [image])
  })

  const input = tf.div(tf.transpose(image, [0, 2, 3, 1]), 255)

  it('takes 8-bit images and gives logits, calibrated probabilities, maps and what they come from', () => {
    const maps = tfl
      .model({ inputs: model.inputs, outputs: model.getLayer('conv6').output as tfl.SymbolicTensor })
      .predict(input) as tf.Tensor
    const tail = tailOf(model, 'conv6')
    const logits = tail(maps)
    expect(difference(outputs.logits!.data, logits.dataSync()).absolute).toBeLessThanOrEqual(1e-4)
    expect(
      difference(outputs.probabilities!.data, tf.softmax(tf.div(logits, 1.5)).dataSync()).absolute,
    ).toBeLessThanOrEqual(1e-5)
    const { cam } = gradCam(tail, maps, 2)
    expect(difference(classSlice(outputs.cam!, 2), cam.dataSync()).relative).toBeLessThanOrEqual(1e-4)
    expect(Object.fromEntries(Object.entries(outputs).map(([name, { dims }]) => [name, dims]))).toEqual({
      logits: [3, 4],
      probabilities: [3, 4],
      cam: [3, 4, 9, 9],
      feature_maps: [3, 128, 9, 9],
      cam_weights: [3, 4, 128],
      ood_score: [3],
    })
  })

  it('scores how far the last hidden layer is from its training mean: the squared Mahalanobis distance', () => {
    const hidden = tfl.model({
      inputs: model.inputs,
      outputs: model.getLayer('dense2').output as tfl.SymbolicTensor,
    })
    const centred = tf.sub(hidden.predict(input) as tf.Tensor2D, mean) as tf.Tensor2D
    const expected = tf.sum(tf.mul(tf.matMul(centred, tf.tensor2d(precision, [128, 128])), centred), 1)
    expect(difference(outputs.ood_score!.data, expected.dataSync()).relative).toBeLessThanOrEqual(1e-4)
  })

  it('has a manifest that names its digest and says where the cells of the maps look', () => {
    const written = parseManifest(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')))
    const bytes = readFileSync(join(out, 'model.onnx'))
    expect(written.files['model.onnx']).toBe(createHash('sha256').update(bytes).digest('hex'))
    // Two 3×3 without padding, 2×2 pooling, twice, and two 3×3: the first centre lies 15.5 pixels behind the first pixel's.
    expect(written.cam).toEqual({
      method: 'gradcam',
      layer: 'conv6',
      height: 9,
      width: 9,
      stride: 4,
      offset: 16,
    })
  })

  it('carries the manifest inside, without the digests of files', () => {
    const proto = fromBinary(ModelProtoSchema, readFileSync(join(out, 'model.onnx')))
    const inside = JSON.parse(proto.metadataProps.find(({ key }) => key === 'detl.manifest')!.value)
    const { files: _, ...outside } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))
    expect(inside).toEqual(outside)
  })

  it('has the probabilities of another temperature, once or twice over, and all else as it was', async () => {
    const before = readFileSync(join(out, 'model.onnx'))
    const site = withTemperature(before, 0.7)
    const again = withTemperature(site, 3)
    for (const [bytes, temperature] of [[site, 0.7] as const, [again, 3] as const]) {
      const changed = await runOnnx(Buffer.from(bytes), [image])
      for (const name of ['logits', 'cam', 'ood_score'])
        expect(changed[name]!.data).toEqual(outputs[name]!.data)
      const expected = tf.softmax(tf.div(tf.tensor(outputs.logits!.data, [3, 4]), temperature)).dataSync()
      for (const [i, p] of changed.probabilities!.data.entries()) expect(p).toBeCloseTo(expected[i]!, 5)
    }
    const plain = Buffer.concat(convert(readModel(folder)))
    expect(() => withTemperature(plain, 2)).toThrow(/unsupported-option: .*its temperature cannot be changed/)
  })

  it('agrees with the model that it was made from, at its temperature, with weights in full or half precision', async () => {
    const full = await verify(folder, join(out, 'model.onnx'), { inputs: 1 })
    expect(full).toMatchObject({
      agrees: true,
      tolerance: 1e-4,
      inputs: 4,
      outputs: [{ name: 'probabilities' }],
    })
    const half = mkdtempSync(join(tmpdir(), 'detl-artifact-'))
    exportArtifact({ model: folder, out: half, facts })
    const rounded = await verify(folder, join(half, 'model.onnx'), { inputs: 1 })
    expect(rounded).toMatchObject({ agrees: true, tolerance: 1e-2 })
    expect(rounded.outputs[0]!.absolute).toBeGreaterThan(full.outputs[0]!.absolute)
    expect(
      await verify(await saveToFolder(detl12(SIZE, 2)), join(out, 'model.onnx'), { inputs: 1 }),
    ).toMatchObject({ agrees: false })
  })

  it('is refused where a fact for the manifest is missing, naming it', () => {
    const { temperature: _, ...rest } = facts
    expect(() =>
      exportArtifact({ model: folder, out: join(out, 'nowhere'), facts: rest as typeof facts }),
    ).toThrow(/manifest-invalid: facts\.json: temperature: /)
  })

  it('is refused, with nothing written, where the preprocess spec makes another size', () => {
    const nowhere = join(out, 'nowhere')
    expect(() =>
      exportArtifact({ model: folder, out: nowhere, facts: { ...facts, preprocess: cxrGrey(128) } }),
    ).toThrow(
      /shape-mismatch: the model takes 64 × 64, but the facts say 64 × 64 and the preprocess spec makes 128/,
    )
    expect(existsSync(nowhere)).toBe(false)
  })

  it('is refused where the facts place its maps otherwise than the network does', () => {
    const nowhere = join(out, 'nowhere')
    const cam = { ...facts.cam, stride: 8 }
    expect(() => exportArtifact({ model: folder, out: nowhere, facts: { ...facts, cam } })).toThrow(
      'shape-mismatch: the maps of "conv6" have stride 4, but the facts say 8',
    )
    expect(existsSync(nowhere)).toBe(false)
  })

  it('is the same, byte for byte, each time, and multiplies the image by the scale that the facts state', async () => {
    const [once, again, other] = ['once', 'again', 'other'].map((name) => join(out, name)) as [
      string,
      string,
      string,
    ]
    exportArtifact({ model: folder, out: once, facts })
    exportArtifact({ model: folder, out: again, facts })
    for (const file of ['model.onnx', 'manifest.json'])
      expect(readFileSync(join(once, file)).equals(readFileSync(join(again, file)))).toBe(true)
    exportArtifact({
      model: folder,
      out: other,
      facts: { ...facts, input: { ...facts.input, scale: 0.5 / 255 } },
    })
    const halved = tf.div(image, 2)
    const exact = tf.cast(halved, 'int32')
    const [whole, scaled] = [tf.mul(exact, 2), exact].map((x) => tf.cast(x, 'int32'))
    const ofScaled = await runOnnx(readFileSync(join(other, 'model.onnx')), [whole!])
    const ofWhole = await runOnnx(readFileSync(join(once, 'model.onnx')), [scaled!])
    expect(difference(ofScaled.logits!.data, ofWhole.logits!.data).absolute).toBeLessThanOrEqual(1e-5)
  })

  it('is refused where a weight is NaN, naming the weight', async () => {
    const broken = await saveToFolder(model)
    const shard = readFileSync(join(broken, 'group1-shard1.bin'))
    shard.writeFloatLE(Number.NaN, 8)
    writeFileSync(join(broken, 'group1-shard1.bin'), shard)
    expect(() => exportArtifact({ model: broken, out: join(out, 'nowhere'), facts })).toThrow(
      /weights-unreadable: weight "conv1\/kernel" holds NaN at element 2/,
    )
    expect(existsSync(join(out, 'nowhere'))).toBe(false)
  })
})
