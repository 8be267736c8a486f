import { CAM_METHODS, type CamMethod } from '@detl/core/cam/methods'
import { convert } from '@detl/export/convert'
import type { LayersModel as SourceModel } from '@detl/export/layers/model'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { ARCHITECTURES } from './architectures.ts'
import { randomise } from './cases/case.ts'
import { bytesOf, classSlice, difference, runOnnx, sourceOf } from './harness.ts'
import { checkerMissing, complaintOf } from './onnx-checker.ts'

const { layers } = tfl

/**
 * The maps of each method from the gradient, as the papers define them: Selvaraju 2017 Eq. 1–2, Chattopadhay 2018 Eq. 19,
 * Jiang 2021 Eq. 5, Draelos & Carin 2020 Eq. 3. [N,H,W]
 */
const METHODS: Record<CamMethod, (maps: tf.Tensor, gradient: tf.Tensor) => tf.Tensor> = {
  gradcam: (a, g) => tf.relu(tf.sum(tf.mul(tf.mean(g, [1, 2], true), a), -1)),
  'gradcam++': (a, g) => {
    const under = tf.add(tf.mul(2, tf.square(g)), tf.mul(tf.sum(a, [1, 2], true), tf.pow(g, 3)))
    const alpha = tf.where(tf.equal(under, 0), tf.zerosLike(g), tf.div(tf.square(g), under))
    return tf.relu(tf.sum(tf.mul(tf.sum(tf.mul(alpha, tf.relu(g)), [1, 2], true), a), -1))
  },
  layercam: (a, g) => tf.relu(tf.sum(tf.mul(tf.relu(g), a), -1)),
  hirescam: (a, g) => tf.relu(tf.sum(tf.mul(g, a), -1)),
}

// tfjs computes a thresholded ReLU as x · (x > θ) and has no gradient for the comparison, which is a constant where it has a derivative.
tf.registerGradient({
  kernelName: 'Greater',
  inputsToSave: ['a', 'b'],
  gradFunc: (_, [a, b]) => ({ a: () => tf.zerosLike(a!), b: () => tf.zerosLike(b!) }),
})

describe.each(Object.entries(ARCHITECTURES))('Grad-CAM of a network with %s', (_, make) => {
  let source: SourceModel
  let maps: tf.Tensor
  let logits: tf.Tensor2D
  let gradients: tf.Tensor[]
  let x: tf.Tensor
  let layer: string

  beforeAll(async () => {
    const architecture = make()
    layer = architecture.layer
    const { input, head } = architecture
    const scores = head(architecture.maps)
    const model = tfl.model({
      inputs: input,
      outputs: layers.activation({ activation: 'softmax' }).apply(scores) as tfl.SymbolicTensor,
    })
    randomise(model, 60)
    source = await sourceOf(model)
    // ∂scores/∂maps is the gradient by what is added to the maps.
    const added = tfl.input({ shape: architecture.maps.shape.slice(1) })
    const shifted = tfl.model({
      inputs: [input, added],
      outputs: head(layers.add().apply([architecture.maps, added]) as tfl.SymbolicTensor),
    })
    x = tf.randomUniform([2, ...(input.shape.slice(1) as number[])], -1, 1, 'float32', 9)
    maps = tfl.model({ inputs: input, outputs: architecture.maps }).predict(x) as tf.Tensor
    logits = tfl.model({ inputs: input, outputs: scores }).predict(x) as tf.Tensor2D
    // Image by image: tfjs's gradient of nearest upsampling is wrong from the second of a batch on.
    const ofImage = (image: tf.Tensor, c: number) =>
      tf.grad((e) => tf.sum(tf.slice(shifted.apply([image, e]) as tf.Tensor2D, [0, c], [-1, 1])))(
        tf.zeros([1, ...maps.shape.slice(1)]),
      )
    const images = tf.split(x, x.shape[0]!)
    gradients = Array.from({ length: logits.shape[1] }, (_, c) =>
      tf.concat(images.map((image) => ofImage(image, c))),
    )
  })

  it.each(CAM_METHODS)('agrees with tf.grad: %s', async (method) => {
    const outputs = await runOnnx(bytesOf(convert(source, { cam: { layer, method } })), [x])
    expect(difference(outputs.logits!.data, logits.dataSync()).absolute).toBeLessThanOrEqual(1e-4)
    expect(
      difference(outputs.feature_maps!.data, tf.transpose(maps, [0, 3, 1, 2]).dataSync()).relative,
    ).toBeLessThanOrEqual(1e-5)
    let hot = 0
    gradients.forEach((gradient, c) => {
      const expected = METHODS[method](maps, gradient)
      hot = Math.max(hot, (tf.max(expected) as tf.Scalar).dataSync()[0]!)
      expect(difference(classSlice(outputs.cam!, c), expected.dataSync()).relative).toBeLessThanOrEqual(1e-4)
      if (outputs.cam_weights && method === 'gradcam')
        expect(
          difference(classSlice(outputs.cam_weights, c), tf.mean(gradient, [1, 2]).dataSync()).relative,
        ).toBeLessThanOrEqual(1e-4)
    })
    // Maps that are zero everywhere would agree with anything.
    expect(hot).toBeGreaterThan(0)
    expect(Boolean(outputs.cam_weights)).toBe(method === 'gradcam' || method === 'gradcam++')
  })

  it('is the same where the explained layer’s output is left out', async () => {
    const whole = await runOnnx(bytesOf(convert(source, { cam: { layer } })), [x])
    const lean = await runOnnx(bytesOf(convert(source, { cam: { layer, featureMaps: false } })), [x])
    expect(Object.keys(lean)).not.toContain('feature_maps')
    expect(difference(lean.cam!.data, whole.cam!.data).relative).toBeLessThanOrEqual(1e-5)
    expect(difference(lean.cam_weights!.data, whole.cam_weights!.data).relative).toBeLessThanOrEqual(1e-5)
  })

  it.skipIf(checkerMissing)('is legal for ONNX’s own checker', () => {
    for (const method of CAM_METHODS)
      expect(complaintOf(bytesOf(convert(source, { cam: { layer, method } })))).toBe('')
  })
})

describe('Grad-CAM where tfjs’s own gradient is missing (dilation) or divides by cells that do not exist (average pooling at the border)', () => {
  it('is the derivative: of a linear network, the difference quotient', async () => {
    const input = tfl.input({ shape: [9, 8, 1] })
    const maps = layers
      .conv2d({ name: 'explained', filters: 3, kernelSize: 2 })
      .apply(input) as tfl.SymbolicTensor
    const head: { apply(x: tfl.SymbolicTensor): unknown }[] = [
      layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      layers.conv2d({ filters: 3, kernelSize: 2, dilationRate: 2 }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    ]
    const apply = (x: tfl.SymbolicTensor) => head.reduce((y, step) => step.apply(y) as tfl.SymbolicTensor, x)
    const model = tfl.model({ inputs: input, outputs: apply(maps) })
    randomise(model, 70)
    const outputs = await runOnnx(
      bytesOf(convert(await sourceOf(model), { cam: { layer: 'explained', method: 'hirescam' } })),
      [tf.ones([1, 9, 8, 1])],
    )
    const moved = tfl.input({ shape: [8, 7, 3] })
    const tail = tfl.model({ inputs: moved, outputs: apply(moved) })
    const a = tfl.model({ inputs: input, outputs: maps }).predict(tf.ones([1, 9, 8, 1])) as tf.Tensor
    // One cell of one map raised by 1 at a time: 168 networks in one batch.
    const cells = tf.reshape(tf.eye(168), [168, 8, 7, 3])
    const raised = tf.sub(tail.predict(cells) as tf.Tensor, tail.predict(tf.zeros([1, 8, 7, 3])) as tf.Tensor)
    for (let c = 0; c < 2; c++) {
      const gradient = tf.reshape(tf.slice(raised, [0, c], [-1, 1]), [1, 8, 7, 3])
      const expected = METHODS.hirescam(a, gradient)
      expect(difference(classSlice(outputs.cam!, c), expected.dataSync()).relative).toBeLessThanOrEqual(1e-4)
    }
  })
})

describe('Grad-CAM is refused, with the way out,', () => {
  const refused = async (model: tfl.LayersModel, layer?: string) => {
    const source = await sourceOf(model)
    return () => convert(source, { cam: layer === undefined ? {} : { layer } })
  }
  const cnn = () =>
    tfl.sequential({
      layers: [
        layers.conv2d({ name: 'conv', inputShape: [6, 6, 1], filters: 2, kernelSize: 3 }),
        layers.reshape({ name: 'rows', targetShape: [4, 8] }),
        layers.lstm({ name: 'lstm', units: 3, recurrentInitializer: 'glorotNormal' }),
        layers.dense({ name: 'dense', units: 2 }),
      ],
    })

  it('where an operation on the way has no gradient', async () => {
    expect(await refused(cnn())).toThrow(
      /no-gradient: (LSTM|Squeeze) "lstm\/.*" lies between the layer and the scores: .*--cam-layer/,
    )
  })

  it('where there is no such layer, naming those that there are', async () => {
    expect(await refused(cnn(), 'conv7')).toThrow(
      'no-gradient: there is no layer "conv7"; the model has conv, rows, lstm, dense',
    )
  })

  it('where the layer has no spatial output', async () => {
    expect(await refused(cnn(), 'dense')).toThrow('no-gradient: layer "dense" (Dense) has no spatial output')
  })

  it('where the model has no convolution', async () => {
    const dense = tfl.sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] })
    expect(await refused(dense)).toThrow(
      'no-gradient: the model has no convolution; name the layer to explain with --cam-layer',
    )
  })

  it('where the layer is called twice', async () => {
    const x = tfl.input({ shape: [6, 6, 2] })
    const shared = layers.conv2d({ name: 'shared', filters: 2, kernelSize: 3, padding: 'same' })
    const y = layers
      .flatten()
      .apply(shared.apply(shared.apply(x)) as tfl.SymbolicTensor) as tfl.SymbolicTensor
    expect(await refused(tfl.model({ inputs: x, outputs: y }))).toThrow('called more than once')
  })
})
