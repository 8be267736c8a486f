import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { each, type LayerCases, on } from './case.ts'

const { layers } = tfl
const image = [9, 8, 3]

/** Convolutions of every kind. */
export const convCases: LayerCases = {
  Conv1D: [
    ...each([11, 3], layers.conv1d, [
      { filters: 4, kernelSize: 3 },
      { filters: 4, kernelSize: 3, strides: 2, padding: 'same' },
      { filters: 4, kernelSize: 4, padding: 'same' },
      { filters: 4, kernelSize: 3, dilationRate: 2, activation: 'relu' },
      { filters: 4, kernelSize: 2, useBias: false, activation: 'tanh' },
    ]),
    // tfjs-layers reads "causal" and does not run it: as Keras defines it, padding in front and none behind.
    on(
      'causal, dilated',
      [11, 3],
      () => layers.conv1d({ filters: 4, kernelSize: 3, padding: 'causal', dilationRate: 2 }),
      undefined,
      (model, [x]) => {
        const [kernel, bias] = model.getWeights() as [tf.Tensor3D, tf.Tensor1D]
        const padded = tf.pad(x as tf.Tensor3D, [
          [0, 0],
          [4, 0],
          [0, 0],
        ])
        return [tf.add(tf.conv1d(padded, kernel, 1, 'valid', 'NWC', 2), bias)]
      },
    ),
  ],
  Conv2D: [
    ...each(image, layers.conv2d, [
      { filters: 5, kernelSize: 3 },
      { filters: 5, kernelSize: [2, 3], padding: 'same' },
      { filters: 5, kernelSize: 3, strides: 2, padding: 'same' },
      { filters: 5, kernelSize: 3, strides: [2, 1] },
      { filters: 5, kernelSize: 4, strides: 3, padding: 'same', useBias: false },
      { filters: 5, kernelSize: 3, dilationRate: 2 },
      { filters: 5, kernelSize: 3, dilationRate: [2, 1], padding: 'same' },
      { filters: 5, kernelSize: 1, activation: 'relu' },
      { filters: 5, kernelSize: 3, activation: 'softmax' },
    ]),
    ...each([3, 9, 8], layers.conv2d, [
      { filters: 5, kernelSize: 3, dataFormat: 'channelsFirst' },
      {
        filters: 5,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        dataFormat: 'channelsFirst',
        activation: 'relu',
      },
    ]),
  ],
  Conv3D: each([5, 6, 4, 2], layers.conv3d, [
    { filters: 3, kernelSize: 2 },
    { filters: 3, kernelSize: [3, 2, 1], padding: 'same', activation: 'relu' },
    { filters: 3, kernelSize: 3, strides: 2, padding: 'same', useBias: false },
    { filters: 3, kernelSize: 2, strides: [1, 2, 1] },
  ]),
  Conv2DTranspose: [
    ...each([4, 5, 3], layers.conv2dTranspose, [
      { filters: 4, kernelSize: 3 },
      { filters: 4, kernelSize: 3, strides: 2 },
      { filters: 4, kernelSize: 3, strides: 2, padding: 'same' },
      { filters: 4, kernelSize: 4, strides: 2, padding: 'same', activation: 'relu' },
      { filters: 4, kernelSize: 2, strides: 3 },
      { filters: 4, kernelSize: 1, strides: 2, padding: 'same', useBias: false },
      { filters: 4, kernelSize: [5, 2], strides: [2, 1], padding: 'same' },
    ]),
    ...each([3, 4, 5], layers.conv2dTranspose, [
      { filters: 4, kernelSize: 3, strides: 2, dataFormat: 'channelsFirst' },
    ]),
  ],
  Conv3DTranspose: each([3, 4, 2, 2], layers.conv3dTranspose, [
    { filters: 3, kernelSize: 2 },
    { filters: 3, kernelSize: 3, strides: 2, padding: 'same' },
    { filters: 3, kernelSize: 2, strides: [2, 1, 3], useBias: false },
  ]),
  DepthwiseConv2D: [
    ...each(image, layers.depthwiseConv2d, [
      { kernelSize: 3 },
      { kernelSize: 3, strides: 2, padding: 'same', activation: 'relu6' },
      { kernelSize: [2, 3], depthMultiplier: 2 },
      { kernelSize: 3, depthMultiplier: 3, padding: 'same', useBias: false },
    ]),
    on('channelsFirst', [3, 9, 8], () =>
      layers.depthwiseConv2d({ kernelSize: 3, dataFormat: 'channelsFirst' }),
    ),
  ],
  SeparableConv2D: [
    ...each(image, layers.separableConv2d, [
      { filters: 5, kernelSize: 3 },
      { filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' },
      { filters: 5, kernelSize: [3, 2], depthMultiplier: 2, useBias: false },
      { filters: 5, kernelSize: 3, dilationRate: 2, depthMultiplier: 2 },
    ]),
  ],
}
