import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { each, type LayerCases, on } from './case.ts'

const { layers } = tfl
const image = [9, 8, 3]
const windows1 = [
  { poolSize: 2 },
  { poolSize: 3, strides: 2, padding: 'same' as const },
  { poolSize: 3, strides: 1 },
]
const windows2 = [
  { poolSize: 2 },
  { poolSize: [3, 2] as [number, number], strides: [2, 3] as [number, number], padding: 'same' as const },
  { poolSize: 3, strides: 1, padding: 'same' as const },
  { poolSize: 3, strides: 2 },
]
const windows3 = [
  { poolSize: 2 },
  { poolSize: [2, 3, 2] as [number, number, number], strides: 2, padding: 'same' as const },
]

/** Poolings and normalisations. */
export const poolAndNormCases: LayerCases = {
  MaxPooling1D: each([10, 3], layers.maxPooling1d, windows1),
  AveragePooling1D: each([10, 3], layers.averagePooling1d, windows1),
  MaxPooling2D: [
    ...each(image, layers.maxPooling2d, windows2),
    ...each([3, 9, 8], layers.maxPooling2d, [{ poolSize: 2, dataFormat: 'channelsFirst' }]),
  ],
  AveragePooling2D: [
    ...each(image, layers.averagePooling2d, windows2),
    ...each([3, 9, 8], layers.averagePooling2d, [
      { poolSize: 2, padding: 'same', dataFormat: 'channelsFirst' },
    ]),
  ],
  MaxPooling3D: each([5, 6, 4, 2], layers.maxPooling3d, windows3),
  AveragePooling3D: each([5, 6, 4, 2], layers.averagePooling3d, windows3),
  GlobalAveragePooling1D: each([7, 3], layers.globalAveragePooling1d, [{}]),
  GlobalMaxPooling1D: each([7, 3], layers.globalMaxPooling1d, [{}]),
  GlobalAveragePooling2D: each(image, layers.globalAveragePooling2d, [
    { dataFormat: 'channelsLast' },
    { dataFormat: 'channelsFirst' },
  ]),
  GlobalMaxPooling2D: each(image, layers.globalMaxPooling2d, [
    { dataFormat: 'channelsLast' },
    { dataFormat: 'channelsFirst' },
  ]),
  BatchNormalization: [
    ...each(image, layers.batchNormalization, [
      {},
      { scale: false },
      { center: false },
      { scale: false, center: false, epsilon: 0.1 },
    ]),
    ...each([6], layers.batchNormalization, [{}, { epsilon: 1e-2 }]),
    ...each([5, 4], layers.batchNormalization, [{}]),
    // tfjs's CPU kernel reads parameters along the last axis, whatever their shape: by the definition instead.
    ...[1, 2].map((axis) =>
      on(
        `axis ${axis}`,
        image,
        () => layers.batchNormalization({ axis }),
        undefined,
        (model, [x]) => {
          const shape = [1, 1, 1, 1].map((_, i) => (i === axis ? image[axis - 1]! : 1))
          const [gamma, beta, mean, variance] = model.getWeights().map((w) => tf.reshape(w, shape))
          return [tf.add(tf.mul(tf.div(tf.sub(x!, mean!), tf.sqrt(tf.add(variance!, 1e-3))), gamma!), beta!)]
        },
      ),
    ),
  ],
  LayerNormalization: [
    ...each(image, layers.layerNormalization, [
      {},
      { axis: 1 },
      { axis: [2, 3] },
      { axis: [1, 2, 3], epsilon: 0.1 },
      { axis: [1, 3], scale: false },
      { center: false },
    ]),
    ...each([6], layers.layerNormalization, [{}]),
    ...each([5, 4], layers.layerNormalization, [{}]),
  ],
}
