import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { each, type LayerCases, on } from './case.ts'

const { layers } = tfl
const ACTIVATIONS = [
  'linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'softmax', 'logSoftmax', 'elu', 'selu', 'softplus', 'softsign', 'hardSigmoid', 'swish', 'mish', 'gelu',
] as const // biome-ignore format: one list

/** Both sides of every kink. */
const wide = (shape: number[]) => () => [tf.mul(tf.randomUniform([2, ...shape], -1, 1, 'float32', 11), 8)]

const pair = [
  [4, 3],
  [4, 3],
]

/** Activations, merges and layers that act in training only. */
export const elementwiseCases: LayerCases = {
  Activation: [
    ...ACTIVATIONS.map((activation) =>
      on(activation, [5, 4], () => layers.activation({ activation: activation as 'relu' }), wide([5, 4])),
    ),
    on('relu on an image', [4, 5, 3], () => layers.activation({ activation: 'relu' })),
    on('softmax on an image', [4, 5, 3], () => layers.activation({ activation: 'softmax' })),
  ],
  ReLU: [
    on('plain', [5, 4], () => layers.reLU(), wide([5, 4])),
    on('maxValue 6', [5, 4], () => layers.reLU({ maxValue: 6 }), wide([5, 4])),
    on('maxValue 0.5 on an image', [4, 5, 3], () => layers.reLU({ maxValue: 0.5 })),
  ],
  LeakyReLU: each([5, 4], layers.leakyReLU, [{}, { alpha: 0.1 }]),
  PReLU: [
    ...each([4, 5, 3], layers.prelu, [{}, { sharedAxes: [1, 2] }, { sharedAxes: 1 }]),
    ...each([6], layers.prelu, [{}]),
  ],
  ELU: each([5, 4], layers.elu, [{}]),
  ThresholdedReLU: each([5, 4], layers.thresholdedReLU, [{ theta: 0.3 }, {}]),
  Softmax: [
    ...each([6], layers.softmax, [{}, { axis: -1 }]),
    ...each([4, 5, 3], layers.softmax, [{ axis: -1 }, { axis: [3] }, { axis: [1, 2] }, { axis: [1, 3] }]),
  ],
  Add: [
    ...each(pair, layers.add, [{}]),
    on(
      'three inputs',
      [
        [4, 3],
        [4, 3],
        [4, 3],
      ],
      () => layers.add(),
    ),
    on(
      'of an image and its channel factors',
      [
        [4, 5, 3],
        [1, 1, 3],
      ],
      () => layers.add(),
    ),
    on('of different rank', [[4, 5, 3], [3]], () => layers.add()),
  ],
  Multiply: [
    ...each(pair, layers.multiply, [{}]),
    on(
      'of an image and its channel factors',
      [
        [4, 5, 3],
        [1, 1, 3],
      ],
      () => layers.multiply(),
    ),
  ],
  Average: [
    ...each(pair, layers.average, [{}]),
    on(
      'three inputs',
      [
        [4, 3],
        [4, 3],
        [4, 3],
      ],
      () => layers.average(),
    ),
  ],
  Maximum: each(pair, layers.maximum, [{}]),
  Minimum: each(pair, layers.minimum, [{}]),
  Concatenate: [
    ...each(pair, layers.concatenate, [{}, { axis: 1 }]),
    on(
      'of images',
      [
        [4, 5, 2],
        [4, 5, 3],
        [4, 5, 1],
      ],
      () => layers.concatenate(),
    ),
    on('of vectors', [[4], [5]], () => layers.concatenate()),
  ],
  Dot: [
    on('of vectors', [[4], [4]], () => layers.dot({ axes: 1 })),
    on('of vectors, normalised', [[4], [4]], () => layers.dot({ axes: -1, normalize: true })),
    on(
      'of matrices over [2,1]',
      [
        [3, 4],
        [4, 5],
      ],
      () => layers.dot({ axes: [2, 1] }),
    ),
    on(
      'of matrices over [1,1]',
      [
        [4, 3],
        [4, 5],
      ],
      () => layers.dot({ axes: 1 }),
    ),
    on(
      'of matrices over [2,2], normalised',
      [
        [3, 4],
        [5, 4],
      ],
      () => layers.dot({ axes: 2, normalize: true }),
    ),
    on('of a matrix and a vector', [[3, 4], [4]], () => layers.dot({ axes: [2, 1] })),
    on('of a vector and a matrix', [[4], [4, 3]], () => layers.dot({ axes: [1, 1] })),
  ],
  Dropout: each([5, 4], layers.dropout, [{ rate: 0.5 }]),
  SpatialDropout1D: each([5, 4], layers.spatialDropout1d, [{ rate: 0.5 }]),
  GaussianNoise: each([5, 4], layers.gaussianNoise, [{ stddev: 0.5 }]),
  GaussianDropout: each([5, 4], layers.gaussianDropout, [{ rate: 0.5 }]),
  AlphaDropout: each([5, 4], layers.alphaDropout, [{ rate: 0.5 }]),
}
