import { convert } from '@detl/export/convert'
import { lastConvolution } from '@detl/export/layers/network'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { randomise } from './cases/case.ts'
import { bytesOf, classSlice, difference, type Outputs, runOnnx, sourceOf } from './harness.ts'

const { layers } = tfl
type T = tfl.SymbolicTensor
const apply = (layer: tfl.layers.Layer, x: T | T[]): T => layer.apply(x) as T
const chain = (x: T, ...steps: tfl.layers.Layer[]): T => steps.reduce((y, step) => apply(step, y), x)
const gap = () => layers.globalAveragePooling2d({ dataFormat: 'channelsLast' })

const run = async (model: tfl.LayersModel, x: tf.Tensor, options: Parameters<typeof convert>[1]) =>
  runOnnx(bytesOf(convert(await sourceOf(model), options)), [x])
const ready = (model: tfl.LayersModel): tfl.LayersModel => {
  randomise(model, 90)
  return model
}
const agree = (got: Outputs[string], expected: tf.Tensor) => {
  expect(got.dims).toEqual(expected.shape)
  expect(difference(got.data, expected.dataSync()).excess).toBeLessThanOrEqual(0)
}

describe('the layer that Grad-CAM explains has a spatial extent', () => {
  it('behind a gate of squeeze and excitation, the convolution before it', async () => {
    const input = tfl.input({ shape: [8, 8, 2] })
    const maps = chain(input, layers.conv2d({ name: 'trunk', filters: 4, kernelSize: 3 }))
    const gate = chain(
      maps,
      gap(),
      layers.reshape({ targetShape: [1, 1, 4] }),
      layers.conv2d({ name: 'squeeze', filters: 2, kernelSize: 1, activation: 'relu' }),
      layers.conv2d({ name: 'excite', filters: 4, kernelSize: 1, activation: 'sigmoid' }),
    )
    const scores = chain(apply(layers.multiply(), [maps, gate]), gap(), layers.dense({ units: 3 }))
    const source = await sourceOf(ready(tfl.model({ inputs: input, outputs: scores })))
    expect(lastConvolution(source.model)).toBe('trunk')
  })

  it('behind a convolution that stands for the last dense layer, as in MobileNetV1, with the logits before a softmax and a reshape', async () => {
    const head = (activation: 'softmax' | 'linear') => [
      gap(),
      layers.reshape({ targetShape: [1, 1, 4] }),
      layers.conv2d({ name: `conv_preds`, filters: 3, kernelSize: 1 }),
      layers.activation({ activation }),
      layers.reshape({ targetShape: [3] }),
    ]
    const input = tfl.input({ shape: [8, 8, 2] })
    const trunk = layers.conv2d({ name: 'trunk', filters: 4, kernelSize: 3, activation: 'relu' })
    const maps = apply(trunk, input)
    const steps = head('softmax')
    const model = ready(tfl.model({ inputs: input, outputs: chain(maps, ...steps) }))
    const x = tf.randomUniform([2, 8, 8, 2], -1, 1, 'float32', 4)
    const outputs = await run(model, x, { cam: {} })
    expect(outputs.feature_maps!.dims).toEqual([2, 4, 6, 6])
    const linear = tfl.model({ inputs: input, outputs: chain(maps, ...steps.slice(0, 3), layers.flatten()) })
    agree(outputs.logits!, linear.predict(x) as tf.Tensor)
  })
})

describe('the scores that are explained', () => {
  const input = tfl.input({ shape: [8, 8, 2] })
  const maps = chain(input, layers.conv2d({ name: 'trunk', filters: 4, kernelSize: 3, activation: 'relu' }))
  const x = tf.randomUniform([2, 8, 8, 2], -1, 1, 'float32', 4)
  const dense = (name: string, units: number, from = maps) =>
    chain(from, gap(), layers.dense({ name, units }))
  const softmax = (y: T) => apply(layers.activation({ activation: 'softmax' }), y)

  it('of two heads that are averaged are the averaged logits', async () => {
    const [a, b] = [dense('a', 3), dense('b', 3)]
    const model = ready(
      tfl.model({ inputs: input, outputs: apply(layers.average(), [softmax(a), softmax(b)]) }),
    )
    const outputs = await run(model, x, { cam: {} })
    agree(
      outputs.logits!,
      tfl.model({ inputs: input, outputs: apply(layers.average(), [a, b]) }).predict(x) as tf.Tensor,
    )
  })

  it('are those of the output that is named', async () => {
    const [a, b] = [dense('first', 3), dense('second', 5)]
    const model = ready(tfl.model({ inputs: input, outputs: [a, b] }))
    const outputs = await run(model, x, { cam: { output: 'second' } })
    agree(outputs.logits!, tfl.model({ inputs: input, outputs: b }).predict(x) as tf.Tensor)
    expect(outputs.cam!.dims).toEqual([2, 5, 6, 6])
    const source = await sourceOf(model)
    expect(() => convert(source, { cam: { output: 'third' } })).toThrow(
      `--cam-output is "third"; the model's outputs are first, second`,
    )
  })

  it('of a model that scores every pixel are the means, by class', async () => {
    const scores = chain(maps, layers.conv2d({ filters: 3, kernelSize: 1 }))
    const model = ready(tfl.model({ inputs: input, outputs: softmax(scores) }))
    const outputs = await run(model, x, { cam: { layer: 'trunk', method: 'hirescam' } })
    const expected = tfl.model({ inputs: input, outputs: scores }).predict(x) as tf.Tensor
    agree(outputs.logits!, tf.mean(expected, [1, 2]))
    // Linear in the maps: ∂ mean / ∂ A is the kernel ÷ pixels.
    const a = tfl.model({ inputs: input, outputs: maps }).predict(x) as tf.Tensor
    const [kernel] = model.layers.at(-2)!.getWeights()
    const weights = tf.div(tf.reshape(tf.slice(kernel!, [0, 0, 0, 1], [1, 1, 4, 1]), [1, 1, 1, 4]), 36)
    const cam = tf.relu(tf.sum(tf.mul(a, weights), 3))
    expect(difference(classSlice(outputs.cam!, 1), cam.dataSync()).relative).toBeLessThanOrEqual(1e-4)
  })
})

it.each(['logits', 'cam', 'cam_weights', 'feature_maps'])(
  'an output layer named %s keeps its values, under the name with _output',
  async (name) => {
    const model = ready(
      tfl.sequential({
        layers: [
          layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 1] }),
          gap(),
          layers.dense({ name, units: 2, activation: 'softmax' }),
        ],
      }),
    )
    const x = tf.randomUniform([2, 6, 6, 1], -1, 1, 'float32', 4)
    const outputs = await run(model, x, { cam: {} })
    expect(Object.keys(outputs)).toEqual([`${name}_output`, 'logits', 'cam', 'cam_weights', 'feature_maps'])
    agree(outputs[`${name}_output`]!, model.predict(x) as tf.Tensor)
    expect(Object.keys(await run(model, x, {}))).toEqual([name])
  },
)

describe('a model with free sizes', () => {
  const make = (inputShape: (number | null)[]) =>
    ready(
      tfl.sequential({
        layers: [
          layers.conv2d({
            filters: 3,
            kernelSize: 3,
            dilationRate: 2,
            padding: 'same',
            inputShape: inputShape as number[],
          }),
          layers.conv2d({ filters: 3, kernelSize: 4, padding: 'same' }),
          layers.conv2d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }),
          gap(),
          layers.dense({ units: 2 }),
        ],
      }),
    )

  it.each([
    [7, 9],
    [8, 8],
    [3, 12],
  ])('with dilated "same" convolutions runs on %i × %i as tfjs does', async (height, width) => {
    const model = make([null, null, 1])
    const x = tf.randomUniform([2, height, width, 1], -1, 1, 'float32', 4)
    const [output] = Object.values(await run(model, x, {}))
    agree(output!, model.predict(x) as tf.Tensor)
  })

  it('has Grad-CAM once a size is given', async () => {
    const model = make([null, null, 1])
    const source = await sourceOf(model)
    expect(() => convert(source, { cam: {} })).toThrow(
      /needs an input of fixed size: give one with --input-size/,
    )
    const x = tf.randomUniform([2, 8, 10, 1], -1, 1, 'float32', 4)
    const outputs = await run(model, x, { cam: {}, inputSize: [8, 10] })
    expect(outputs.cam!.dims).toEqual([2, 2, 4, 5])
    agree(outputs.logits!, model.predict(x) as tf.Tensor)
  })

  it('refuses sizes that do not fit it', async () => {
    const source = await sourceOf(make([null, null, 1]))
    for (const inputSize of [[8], [8, 8, 8], [8, 0], [8.5, 8]])
      expect(() => convert(source, { inputSize })).toThrow(
        /unsupported-option: --input-size is .* has 2 free axes beside the batch/,
      )
  })
})
