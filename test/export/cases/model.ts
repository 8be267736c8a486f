import * as tfl from '@tensorflow/tfjs-layers'
import { type LayerCases, ofModel } from './case.ts'

const { layers } = tfl
type T = tfl.SymbolicTensor

const block = (name: string): tfl.Sequential =>
  tfl.sequential({
    name,
    layers: [
      layers.conv2d({
        name: `${name}_conv`,
        inputShape: [6, 6, 3],
        filters: 3,
        kernelSize: 3,
        padding: 'same',
      }),
      layers.batchNormalization({ name: `${name}_norm` }),
      layers.reLU({ name: `${name}_relu` }),
    ],
  })

/** Models as layers, and their inputs and outputs. */
export const modelCases: LayerCases = {
  InputLayer: [
    ofModel('two inputs, three outputs, one of them an input', () => {
      const [a, b] = [tfl.input({ shape: [4], name: 'a' }), tfl.input({ shape: [3], name: 'b' })]
      const joined = layers.concatenate().apply([a, b]) as T
      return tfl.model({
        inputs: [a, b],
        outputs: [layers.dense({ units: 2 }).apply(joined) as T, joined, a],
      })
    }),
  ],
  Sequential: [
    ofModel('in a Sequential', () =>
      tfl.sequential({ layers: [block('one'), layers.flatten(), layers.dense({ units: 2 })] }),
    ),
    ofModel('two, in a functional model', () => {
      const x = tfl.input({ shape: [6, 6, 3] })
      const y = block('two').apply(block('one').apply(x) as T) as T
      return tfl.model({
        inputs: x,
        outputs: layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(y) as T,
      })
    }),
  ],
  Functional: [
    ofModel('a layer that is called twice', () => {
      const x = tfl.input({ shape: [4] })
      const shared = layers.dense({ name: 'shared', units: 4, activation: 'tanh' })
      return tfl.model({ inputs: x, outputs: shared.apply(shared.apply(x)) as T })
    }),
    ofModel('a nested model with two outputs, called twice', () => {
      const inner = tfl.input({ shape: [4] })
      const nested = tfl.model({
        name: 'nested',
        inputs: inner,
        outputs: [
          layers.dense({ name: 'left', units: 4 }).apply(inner) as T,
          layers.dense({ name: 'right', units: 3 }).apply(inner) as T,
        ],
      })
      const x = tfl.input({ shape: [4] })
      const [left, right] = nested.apply(x) as T[]
      const [again] = nested.apply(left!) as T[]
      return tfl.model({ inputs: x, outputs: layers.concatenate().apply([again!, right!]) as T })
    }),
    ofModel('a residual network with a branch', () => {
      const x = tfl.input({ shape: [8, 8, 3] })
      const conv = (name: string) => layers.conv2d({ name, filters: 4, kernelSize: 3, padding: 'same' })
      const a = layers.reLU().apply(layers.batchNormalization().apply(conv('a').apply(x) as T)) as T
      const b = layers.batchNormalization().apply(conv('b').apply(a) as T) as T
      const sum = layers.reLU().apply(layers.add().apply([a, b]) as T) as T
      const gate = layers
        .dense({ units: 4, activation: 'sigmoid' })
        .apply(layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(sum) as T) as T
      const scaled = layers
        .multiply()
        .apply([sum, layers.reshape({ targetShape: [1, 1, 4] }).apply(gate) as T]) as T
      const both = layers.concatenate().apply([scaled, a]) as T
      return tfl.model({
        inputs: x,
        outputs: layers
          .dense({ units: 2, activation: 'softmax' })
          .apply(layers.flatten().apply(both) as T) as T,
      })
    }),
  ],
  Model: [
    ofModel('an image of free size that is enlarged between convolutions', () => {
      const x = tfl.input({ shape: [null, null, 3] })
      const conv = () => layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' })
      const large = layers.upSampling2d({ size: [2, 3] }).apply(conv().apply(x) as T) as T
      return tfl.model({ inputs: x, outputs: conv().apply(large) as T })
    }),
    ofModel('an image of free size', () => {
      const x = tfl.input({ shape: [null, null, 3] })
      const a = layers
        .conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' })
        .apply(x) as T
      const p = layers.maxPooling2d({ poolSize: 2, padding: 'same' }).apply(a) as T
      return tfl.model({
        inputs: x,
        outputs: layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(p) as T,
      })
    }),
  ],
}
