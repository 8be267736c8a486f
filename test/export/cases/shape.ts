import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { each, eager, type LayerCases, on } from './case.ts'

const { layers } = tfl
const image = [6, 8, 3]
const noise = (shape: number[]) => () => tf.randomUniform([2, ...shape], -1, 1, 'float32', 6)
const whole = (shape: number[], below: number) => () => [
  tf.floor(tf.randomUniform([2, ...shape], 0, below, 'float32', 3)),
]

/** Dense layers, shapes, padding, preprocessing. */
export const shapeCases: LayerCases = {
  Dense: [
    ...each([6], layers.dense, [
      { units: 4 },
      { units: 4, useBias: false },
      { units: 4, activation: 'softmax' },
      { units: 1, activation: 'sigmoid' },
    ]),
    ...each([5, 6], layers.dense, [{ units: 4 }, { units: 4, activation: 'relu', useBias: false }]),
    ...each(image, layers.dense, [{ units: 4, activation: 'tanh' }]),
  ],
  Flatten: [
    ...each(image, layers.flatten, [{}, { dataFormat: 'channelsFirst' }]),
    ...each([5, 4], layers.flatten, [{}]),
    on('between a convolution and a dense layer', image, () => ({
      apply: (x) =>
        layers
          .dense({ units: 4 })
          .apply(
            layers
              .flatten()
              .apply(
                layers.conv2d({ filters: 4, kernelSize: 3 }).apply(x as tfl.SymbolicTensor),
              ) as tfl.SymbolicTensor,
          ),
    })),
  ],
  Reshape: each(image, layers.reshape, [
    { targetShape: [8, 18] },
    { targetShape: [-1, 3] },
    { targetShape: [4, 4, 9] },
    { targetShape: [144] },
  ]),
  Permute: [
    ...each(image, layers.permute, [{ dims: [3, 1, 2] }, { dims: [2, 1, 3] }]),
    ...each([5, 4], layers.permute, [{ dims: [2, 1] }]),
  ],
  RepeatVector: each([6], layers.repeatVector, [{ n: 3 }, { n: 1 }]),
  Embedding: [
    on('indices', [5], () => layers.embedding({ inputDim: 7, outputDim: 4 }), whole([5], 7)),
    on(
      'inputLength',
      [5],
      () => layers.embedding({ inputDim: 7, outputDim: 4, inputLength: 5 }),
      whole([5], 7),
    ),
    on('maskZero', [5], () => layers.embedding({ inputDim: 7, outputDim: 4, maskZero: true }), whole([5], 7)),
  ],
  Masking: [
    on(
      'zeros',
      [5, 3],
      () => layers.masking(),
      () => [
        tf.mul(
          tf.randomUniform([2, 5, 3], -1, 1, 'float32', 4),
          tf.tensor3d([1, 0, 1, 1, 0, 0, 1, 1, 1, 0], [2, 5, 1]),
        ),
      ],
    ),
    on(
      'ones',
      [2, 3],
      () => layers.masking({ maskValue: 1 }),
      () => [tf.tensor3d([1, 1, 1, 1, 2, 1, 0, 0, 0, 1, 1, 1], [2, 2, 3])],
    ),
  ],
  ZeroPadding2D: [
    ...each(image, layers.zeroPadding2d, [
      {},
      { padding: 2 },
      { padding: [1, 2] },
      {
        padding: [
          [0, 1],
          [2, 3],
        ],
      },
    ]),
    ...each(image, layers.zeroPadding2d, [
      {
        padding: [
          [1, 0],
          [0, 2],
        ],
        dataFormat: 'channelsFirst',
      },
    ]),
  ],
  Cropping2D: [
    ...each(image, layers.cropping2D, [
      { cropping: 1 },
      {
        cropping: [
          [1, 2],
          [0, 3],
        ],
      },
    ]),
    ...each([3, 6, 8], layers.cropping2D, [
      {
        cropping: [
          [1, 2],
          [0, 3],
        ],
        dataFormat: 'channelsFirst',
      },
    ]),
  ],
  UpSampling2D: [
    ...each(image, layers.upSampling2d, [
      {},
      { size: [3, 2] },
      { size: [2, 2], interpolation: 'bilinear' },
      { size: [3, 1], interpolation: 'bilinear' },
    ]),
    ...each([3, 6, 8], layers.upSampling2d, [{ size: [2, 3], dataFormat: 'channelsFirst' }]),
  ],
  Rescaling: each(image, layers.rescaling, [
    { scale: 1 / 127.5, offset: -1 },
    { scale: 2, offset: 0 },
  ]),
  // tfjs-layers hands Resizing a list inside a model, and it throws: what it means to call is expected.
  Resizing: [
    { height: 4, width: 5 },
    { height: 12, width: 9 },
    { height: 12, width: 9, cropToAspectRatio: true },
    { height: 4, width: 11, interpolation: 'nearest' as const },
    { height: 4, width: 11, interpolation: 'nearest' as const, cropToAspectRatio: true },
    { height: 6, width: 8 },
  ].map((options) =>
    eager(
      JSON.stringify(options),
      image,
      () => layers.resizing(options),
      noise(image),
      (x) => {
        const resize = options.interpolation ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear
        return resize(x as tf.Tensor4D, [options.height, options.width], !options.cropToAspectRatio)
      },
    ),
  ),
  CenterCrop: [
    { height: 10, width: 10 },
    { height: 17, width: 20 },
    { height: 16, width: 19 },
    { height: 1, width: 3 },
    { height: 34, width: 40 },
  ].map((options) =>
    eager(JSON.stringify(options), [17, 20, 3], () => layers.centerCrop(options), noise([17, 20, 3])),
  ),
  CategoryEncoding: [
    eager(
      'multiHot',
      [4],
      () => layers.categoryEncoding({ numTokens: 6, outputMode: 'multiHot' }),
      () => whole([4], 6)()[0]!,
    ),
    eager(
      'count',
      [4],
      () => layers.categoryEncoding({ numTokens: 6, outputMode: 'count' }),
      () => whole([4], 6)()[0]!,
    ),
    eager(
      'oneHot',
      [1],
      () => layers.categoryEncoding({ numTokens: 6, outputMode: 'oneHot' }),
      () => whole([1], 6)()[0]!,
    ),
    eager(
      'int',
      [4],
      () => layers.categoryEncoding({ numTokens: 6, outputMode: 'int' }),
      () => whole([4], 6)()[0]!,
    ),
  ],
}
