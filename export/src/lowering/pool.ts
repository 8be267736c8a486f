import type { Layer } from '../layers/model.ts'
import type { Value } from '../onnx/ir.ts'
import { paddingOf } from '../pieces/padding.ts'
import { type Context, type Family, inChannelsFirst, isChannelsFirst } from './context.ts'

/** Max and average pooling; average leaves the padding out of the mean, as TensorFlow does. */
function lowerPool(op: 'MaxPool' | 'AveragePool', rank: 1 | 2 | 3) {
  return (layer: Layer, [x]: readonly Value[], context: Context): Value[] => {
    const { config } = layer
    const kernel = config.perAxis('pool_size', rank, 2)
    const strides = config.has('strides') ? config.perAxis('strides', rank, 1) : kernel
    const padding = config.choice('padding', ['valid', 'same'], 'valid')
    const ones = kernel.map(() => 1)
    return [
      inChannelsFirst(layer, x!, context, (nchw) =>
        context.g.op(op, [nchw], {
          kernel_shape: kernel,
          strides,
          ...paddingOf(nchw, padding, kernel, strides, ones),
        }),
      ),
    ]
  }
}

/** The mean or maximum over all of space: [N,…,C] → [N,C], or with axes of size 1 in its place. */
function lowerGlobal(op: 'ReduceMean' | 'ReduceMax', rank: 1 | 2 | 3) {
  return (layer: Layer, [x]: readonly Value[], { g }: Context): Value[] => {
    const keep = layer.config.bool('keepdims', false)
    const first = isChannelsFirst(layer) ? 2 : 1
    const axes = Array.from({ length: rank }, (_, i) => first + i)
    return [g.op(op, [x!], { axes, keepdims: keep ? 1 : 0 })]
  }
}

const notes = 'padding valid, same; strides'
export const poolLayers: Family = {
  title: 'Pooling',
  rows: {
    MaxPooling1D: { lower: lowerPool('MaxPool', 1), notes },
    MaxPooling2D: { lower: lowerPool('MaxPool', 2), notes: `${notes}; both data formats` },
    MaxPooling3D: { lower: lowerPool('MaxPool', 3), notes: `${notes}; both data formats` },
    AveragePooling1D: { lower: lowerPool('AveragePool', 1), notes },
    AveragePooling2D: { lower: lowerPool('AveragePool', 2), notes: `${notes}; both data formats` },
    AveragePooling3D: { lower: lowerPool('AveragePool', 3), notes: `${notes}; both data formats` },
    GlobalAveragePooling1D: { lower: lowerGlobal('ReduceMean', 1), notes: 'keepdims' },
    GlobalAveragePooling2D: { lower: lowerGlobal('ReduceMean', 2), notes: 'both data formats; keepdims' },
    GlobalAveragePooling3D: { lower: lowerGlobal('ReduceMean', 3), notes: 'both data formats; keepdims' },
    GlobalMaxPooling3D: { lower: lowerGlobal('ReduceMax', 3), notes: 'both data formats; keepdims' },
    GlobalMaxPooling1D: { lower: lowerGlobal('ReduceMax', 1), notes: 'keepdims' },
    GlobalMaxPooling2D: { lower: lowerGlobal('ReduceMax', 2), notes: 'both data formats; keepdims' },
  },
}
