import type { Layer } from '../layers/model.ts'
import type { Tensor, Value } from '../onnx/ir.ts'
import { reshaped, transpose } from '../onnx/tensor.ts'
import { paddingOf } from '../pieces/padding.ts'
import {
  activate,
  type Context,
  type Family,
  inChannelsFirst,
  isChannelsFirst,
  sizeAt,
  unsupported,
  weightOf,
} from './context.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
/** [k…, in, out] → [out, in, k…], as ONNX's Conv wants it; ConvTranspose wants [k…, out, in] → [in, out, k…]: the same. */
const kernelFirst = (rank: number): number[] => [rank + 1, rank, ...range(rank)]

const biasOf = (layer: Layer, context: Context, filters: number, index: number): Value | undefined =>
  layer.config.bool('use_bias', true)
    ? context.g.constant(weightOf(layer, context, 'bias', index, [filters]), 'bias')
    : undefined

const channelsOf = (layer: Layer, x: Value): number => sizeAt(layer, x, isChannelsFirst(layer) ? 1 : -1)

/** What all convolutions share. */
function windowOf({ config }: Layer, rank: number) {
  return {
    kernel: config.perAxis('kernel_size', rank, 1),
    strides: config.perAxis('strides', rank, 1),
    dilations: config.perAxis('dilation_rate', rank, 1),
    padding: config.choice('padding', rank === 1 ? ['valid', 'same', 'causal'] : ['valid', 'same'], 'valid'),
  }
}

/** Groups of channels that are convolved apart: tfjs ignores the option, Keras does not. */
function groupsOf(layer: Layer): number {
  const groups = layer.config.number('groups', 1)
  if (groups !== 1 && layer.keras === 2)
    unsupported(layer, 'groups is not 1', 'groups 1 (tfjs ignores the option)')
  return groups
}

/** Keras 2.15 writes the number of groups also where there can be but one. */
function refuseGroups(layer: Layer): void {
  if (layer.config.number('groups', 1) !== 1) unsupported(layer, 'groups is not 1', 'groups 1')
}

/** Conv1D, Conv2D, Conv3D: with "valid", "same" or (1D) "causal" padding, strides or dilations. */
function lowerConv(rank: 1 | 2 | 3) {
  return (layer: Layer, [x]: readonly Value[], context: Context): Value[] => {
    const { kernel, strides, dilations, padding } = windowOf(layer, rank)
    const groups = groupsOf(layer)
    const filters = layer.config.number('filters')
    const weights = weightOf(layer, context, 'kernel', 0, [
      ...kernel,
      channelsOf(layer, x!) / groups,
      filters,
    ])
    const y = inChannelsFirst(layer, x!, context, (nchw) =>
      context.g.op(
        'Conv',
        [
          nchw,
          context.g.constant(transpose(weights, kernelFirst(rank)), 'kernel'),
          biasOf(layer, context, filters, 1),
        ],
        {
          kernel_shape: kernel,
          strides,
          dilations,
          ...(groups > 1 && { group: groups }),
          ...paddingOf(nchw, padding, kernel, strides, dilations),
        },
      ),
    )
    return [activate(layer, y, context)]
  }
}

/** Transposed convolutions: the output has size·stride cells, with "valid" padding max(kernel − stride, 0) more. */
function lowerConvTranspose(rank: 2 | 3) {
  return (layer: Layer, [x]: readonly Value[], context: Context): Value[] => {
    const { kernel, strides, dilations, padding } = windowOf(layer, rank)
    refuseGroups(layer)
    if (dilations.some((d) => d !== 1)) unsupported(layer, `dilation_rate is [${dilations}]`, '1')
    const filters = layer.config.number('filters')
    const weights = weightOf(layer, context, 'kernel', 0, [...kernel, filters, channelsOf(layer, x!)])
    const cut = kernel.map((k, i) => (padding === 'same' ? Math.max(k - strides[i]!, 0) : 0))
    const pads = [...cut.map((n) => Math.floor(n / 2)), ...cut.map((n) => Math.ceil(n / 2))]
    if (layer.config.has('output_padding')) unsupported(layer, 'output_padding is set', 'none')
    const output_padding = kernel.map((k, i) => Math.max(strides[i]! - k, 0))
    const y = inChannelsFirst(layer, x!, context, (nchw) =>
      context.g.op(
        'ConvTranspose',
        [
          nchw,
          context.g.constant(transpose(weights, kernelFirst(rank)), 'kernel'),
          biasOf(layer, context, filters, 1),
        ],
        { kernel_shape: kernel, strides, pads, output_padding },
      ),
    )
    return [activate(layer, y, context)]
  }
}

/** [kh, kw, C, M] → [C·M, 1, kh, kw]: channel c's m-th filter makes output c·M + m. */
function depthwiseKernel(weights: Tensor): Tensor {
  const [kh, kw, channels, multiplier] = weights.shape as [number, number, number, number]
  return reshaped(transpose(weights, [2, 3, 0, 1]), [channels * multiplier, 1, kh, kw])
}

/** The kernel tells the multiplier: tfjs does not save it for SeparableConv2D. */
const depthwiseWeights = (layer: Layer, channels: number, context: Context): Tensor =>
  weightOf(
    layer,
    context,
    layer.keras === 3 && layer.className === 'DepthwiseConv2D' ? 'kernel' : 'depthwise_kernel',
    0,
    [...layer.config.perAxis('kernel_size', 2, 1), channels, null],
  )

function depthwise(
  layer: Layer,
  nchw: Value,
  weights: Tensor,
  bias: Value | undefined,
  context: Context,
): Value {
  const { kernel, strides, dilations, padding } = windowOf(layer, 2)
  return context.g.op(
    'Conv',
    [nchw, context.g.constant(depthwiseKernel(weights), 'depthwise_kernel'), bias],
    {
      kernel_shape: kernel,
      strides,
      dilations,
      group: weights.shape[2]!,
      ...paddingOf(nchw, padding, kernel, strides, dilations),
    },
  )
}

function lowerDepthwise(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  refuseGroups(layer)
  // The kernel tells it.
  layer.config.raw('depth_multiplier')
  const { dilations } = windowOf(layer, 2)
  if (layer.keras === 2 && dilations.some((d) => d !== 1))
    unsupported(layer, `dilation_rate is [${dilations}]`, '1 (tfjs ignores the option)')
  const weights = depthwiseWeights(layer, channelsOf(layer, x!), context)
  const bias = biasOf(layer, context, weights.shape[2]! * weights.shape[3]!, 1)
  const y = inChannelsFirst(layer, x!, context, (nchw) => depthwise(layer, nchw, weights, bias, context))
  return [activate(layer, y, context)]
}

function lowerSeparable(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  refuseGroups(layer)
  layer.config.raw('depth_multiplier')
  const weights = depthwiseWeights(layer, channelsOf(layer, x!), context)
  const filters = layer.config.number('filters')
  const between = weights.shape[2]! * weights.shape[3]!
  const pointwise = weightOf(layer, context, 'pointwise_kernel', 1, [1, 1, between, filters])
  const y = inChannelsFirst(layer, x!, context, (nchw) =>
    context.g.op(
      'Conv',
      [
        depthwise(layer, nchw, weights, undefined, context),
        context.g.constant(transpose(pointwise, kernelFirst(2)), 'pointwise_kernel'),
        biasOf(layer, context, filters, 2),
      ],
      { kernel_shape: [1, 1] },
    ),
  )
  return [activate(layer, y, context)]
}

const both = 'both data formats'
export const convLayers: Family = {
  title: 'Convolutions',
  rows: {
    Conv1D: { lower: lowerConv(1), notes: 'padding valid, same, causal; strides; dilation_rate' },
    Conv2D: { lower: lowerConv(2), notes: `padding valid, same; strides; dilation_rate; ${both}` },
    Conv3D: { lower: lowerConv(3), notes: `padding valid, same; strides; dilation_rate; ${both}` },
    Conv2DTranspose: { lower: lowerConvTranspose(2), notes: `padding valid, same; strides; ${both}` },
    Conv3DTranspose: { lower: lowerConvTranspose(3), notes: `padding valid, same; strides; ${both}` },
    DepthwiseConv2D: {
      lower: lowerDepthwise,
      notes: `padding valid, same; strides; depth_multiplier; ${both}`,
    },
    SeparableConv2D: {
      lower: lowerSeparable,
      notes: `padding valid, same; strides; dilation_rate; depth_multiplier; ${both}`,
    },
  },
}
