import { fromBinary } from '@bufbuild/protobuf'
import { type ConvertOptions, convert, PASSES, type Pass } from '@detl/export/convert'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { ModelProtoSchema } from 'onnx-buf'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomise } from './cases/case.ts'
import { bytesOf, classSlice, difference, runOnnx, sourceOf } from './harness.ts'
import { checkerMissing, complaintOf } from './onnx-checker.ts'

const { layers } = tfl

/** Everything that a pass can act on: batch norms behind convolutions and dense layers, dropout, clipped ReLU, padding, flatten. */
const plainCnn = (): tfl.Sequential =>
  tfl.sequential({
    layers: [
      layers.zeroPadding2d({ name: 'pad', inputShape: [13, 12, 3], padding: 1 }),
      layers.conv2d({ name: 'conv1', filters: 8, kernelSize: 3, useBias: false }),
      layers.batchNormalization({ name: 'norm1' }),
      layers.reLU({ name: 'relu1', maxValue: 6 }),
      layers.depthwiseConv2d({ name: 'conv2', kernelSize: 3, padding: 'same' }),
      layers.batchNormalization({ name: 'norm2' }),
      layers.activation({ name: 'act2', activation: 'relu' }),
      layers.maxPooling2d({ name: 'pool', poolSize: 2 }),
      layers.conv2d({ name: 'conv3', filters: 6, kernelSize: 3, activation: 'relu' }),
      layers.averagePooling2d({ name: 'pool3', poolSize: 2 }),
      layers.flatten({ name: 'flatten' }),
      layers.dropout({ name: 'dropout', rate: 0.3 }),
      layers.dense({ name: 'dense1', units: 7 }),
      layers.batchNormalization({ name: 'norm3' }),
      layers.reLU({ name: 'relu3' }),
      layers.dense({ name: 'dense2', units: 4, activation: 'softmax' }),
    ],
  })

/** How many nodes of each operation a file has. */
function operations(bytes: Uint8Array): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { opType } of fromBinary(ModelProtoSchema, bytes).graph!.node)
    counts[opType] = (counts[opType] ?? 0) + 1
  return counts
}

describe('passes', () => {
  let source: Awaited<ReturnType<typeof sourceOf>>
  let expected: Float32Array
  const x = tf.randomUniform([2, 13, 12, 3], -1, 1, 'float32', 5)
  const bytes = (options: ConvertOptions): Uint8Array => bytesOf(convert(source, options))
  const counts = (options: ConvertOptions): Record<string, number> => operations(bytes(options))

  beforeAll(async () => {
    const model = plainCnn()
    randomise(model, 40)
    source = await sourceOf(model)
    expected = (model.predict(x) as tf.Tensor).dataSync() as Float32Array
  })

  it('leave no Transpose in a plain CNN, which has 15 as it is lowered', () => {
    expect(counts({ inputLayout: 'nchw' }).Transpose).toBeUndefined()
    expect(counts({ inputLayout: 'nchw', without: PASSES }).Transpose).toBe(15)
    // Colour images in tfjs's own layout must be turned once.
    expect(counts({}).Transpose).toBe(1)
  })

  it('fold batch normalisation into convolutions and dense layers', () => {
    expect(counts({}).BatchNormalization).toBeUndefined()
    expect(counts({ without: ['foldBatchNorm'] }).BatchNormalization).toBe(3)
  })

  it('fuse a clipped ReLU, and a dense layer’s product and sum', () => {
    expect(counts({})).toMatchObject({ Relu: 3, Clip: 1, Gemm: 2 })
    expect(counts({ without: ['fuseActivations', 'fuseGemm'] })).toMatchObject({
      Relu: 4,
      Clip: 1,
      MatMul: 2,
      Add: 2,
    })
  })

  it('make no difference to the result, each left out alone or all of them', async () => {
    for (const without of [...PASSES.map((pass) => [pass]), [...PASSES]] as Pass[][]) {
      const outputs = await runOnnx(bytes({ without }), [x])
      expect(difference(outputs.dense2!.data, expected).excess, without.join()).toBeLessThanOrEqual(0)
    }
  })

  it('make no difference to Grad-CAM, each left out alone or all of them', async () => {
    const reference = await runOnnx(bytes({ cam: { layer: 'conv1' } }), [x])
    for (const without of [...PASSES.map((pass) => [pass]), [...PASSES]] as Pass[][]) {
      const outputs = await runOnnx(bytes({ cam: { layer: 'conv1' }, without }), [x])
      for (let c = 0; c < 4; c++)
        expect(
          difference(classSlice(outputs.cam!, c), classSlice(reference.cam!, c)).relative,
          without.join(),
        ).toBeLessThan(1e-5)
    }
  })

  it('collapse the spatial sum: no gradient of the maps is made', () => {
    expect(counts({ cam: {} }).ConvTranspose).toBeUndefined()
    expect(counts({ cam: {}, without: ['collapseSpatialSum'] })).toMatchObject({ ConvTranspose: 1 })
  })

  it('use Mish and Gelu where the operation set has them, and spell them out where not', async () => {
    const model = tfl.sequential({
      layers: [
        layers.dense({ units: 5, inputShape: [4], activation: 'mish' as never }),
        layers.dense({ units: 5, activation: 'gelu' as never }),
      ],
    })
    randomise(model, 3)
    const own = await sourceOf(model)
    const input = tf.randomUniform([3, 4], -3, 3, 'float32', 2)
    const wanted = (model.predict(input) as tf.Tensor).dataSync()
    for (const [opset, has] of [
      [17, { Tanh: 1, Erf: 1 }],
      [18, { Mish: 1, Erf: 1 }],
      [20, { Mish: 1, Gelu: 1 }],
    ] as const) {
      const file = bytesOf(convert(own, { opset }))
      expect(operations(file)).toMatchObject(has)
      const [output] = Object.values(await runOnnx(file, [input]))
      expect(difference(output!.data, wanted).excess).toBeLessThanOrEqual(0)
    }
  })

  it('give the same in every operation set', async () => {
    for (const opset of [17, 18, 19, 20, 21, 22]) {
      const outputs = await runOnnx(bytes({ opset, cam: { layer: 'conv1' } }), [x])
      expect(difference(outputs.dense2!.data, expected).excess, `opset ${opset}`).toBeLessThanOrEqual(0)
    }
    expect(() => convert(source, { opset: 16 })).toThrow(
      'unsupported-option: opset is 16; supported: 17 to 22',
    )
  })

  it.skipIf(checkerMissing)('leave files that are legal for ONNX’s own checker', () => {
    for (const options of [
      {},
      { without: PASSES },
      { cam: { layer: 'conv1' } },
      { cam: { layer: 'conv1' }, without: PASSES },
    ])
      expect(complaintOf(bytes(options))).toBe('')
  })
})
