import type { Value } from '../graph/ir.ts'
import { transpose } from '../graph/tensor.ts'
import type { Layer } from '../layers/model.ts'
import { activate } from './activation.ts'
import {
  type Context,
  type Family,
  inChannelsFirst,
  isChannelsFirst,
  paddingOf,
  sizeAt,
  weightOf,
} from './context.ts'

/** [k…, in, out] → [out, in, k…], as ONNX's Conv wants it. */
const kernelFirst = (rank: number): number[] => [rank + 1, rank, ...Array.from({ length: rank }, (_, i) => i)]

const biasOf = (layer: Layer, context: Context, filters: number, index = 1): Value | undefined =>
  layer.config.bool('use_bias', true)
    ? context.g.constant(weightOf(layer, context, 'bias', index, [filters]), 'bias')
    : undefined

/** Conv1D, Conv2D, Conv3D: with "valid", "same" or (1D) "causal" padding, strides or dilations. */
function lowerConv(rank: 1 | 2 | 3) {
  return (layer: Layer, [x]: readonly Value[], context: Context): Value[] => {
    const { config } = layer
    const kernel = config.perAxis('kernel_size', rank, 1)
    const strides = config.perAxis('strides', rank, 1)
    const dilations = config.perAxis('dilation_rate', rank, 1)
    const padding = config.choice(
      'padding',
      rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same'],
      'valid',
    )
    const channels = sizeAt(layer, x!, isChannelsFirst(layer) ? 1 : -1)
    const filters = config.number('filters')
    const weights = weightOf(layer, context, 'kernel', 0, [...kernel, channels, filters])
    const y = inChannelsFirst(layer, x!, context, (nchw) =>
      context.g.op(
        'Conv',
        [
          nchw,
          context.g.constant(transpose(weights, kernelFirst(rank)), 'kernel'),
          biasOf(layer, context, filters),
        ],
        { kernel_shape: kernel, strides, dilations, ...paddingOf(nchw, padding, kernel, strides, dilations) },
      ),
    )
    return [activate(layer, y, context)]
  }
}

export const convOps: Family = {
  Conv1D: { lower: lowerConv(1), notes: 'padding valid, same, causal; strides; dilation_rate' },
  Conv2D: { lower: lowerConv(2), notes: 'padding valid, same; strides; dilation_rate; both data formats' },
  Conv3D: { lower: lowerConv(3), notes: 'padding valid, same; strides; dilation_rate; both data formats' },
}
