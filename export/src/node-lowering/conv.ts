import type { Node } from '../nodes/model.ts'
import type { Value } from '../onnx/ir.ts'
import { sizeOf } from '../onnx/tensor.ts'
import { paddingOf, samePads } from '../pieces/padding.ts'
import {
  fusedOf,
  inChannelsFirst,
  isChannelsFirst,
  type NodeFamily,
  type NodeLowering,
  numbersOf,
  permuted,
  sizeOfAxis,
  unsupportedNode,
} from './context.ts'

/** An attribute with an entry for each axis of the image, without those of batch and channels. */
function spatialInts(node: Node, key: string, rank: number): readonly number[] {
  const list = node.attributes.ints(key, new Array<number>(rank + 2).fill(1))
  return isChannelsFirst(node) ? list.slice(2) : list.slice(1, -1)
}

/** Padding of a window: SAME, VALID, or EXPLICIT with its numbers. */
function windowPadding(
  node: Node,
  x: Value,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): { pads?: number[]; auto_pad?: string } {
  const kind = node.attributes.choice('padding', ['SAME', 'VALID', 'EXPLICIT'])
  if (kind !== 'EXPLICIT') return paddingOf(x, kind === 'SAME' ? 'same' : 'valid', kernel, strides, dilations)
  // Pairs [before, after] for each axis.
  const all = node.attributes.ints('explicit_paddings')
  const pairs = isChannelsFirst(node) ? all.slice(4) : all.slice(2, -2)
  const half = (at: number) => pairs.filter((_, i) => i % 2 === at)
  return { pads: [...half(0), ...half(1)] }
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

function kernelSizes(node: Node, kernel: Value): number[] {
  return range(kernel.shape.length - 2).map((axis) => sizeOfAxis(node, kernel, axis))
}

/** [k…, in, out] → [out, in, k…] */
const lowerConv: NodeLowering = (node, [x, kernel, ...rest], context) => {
  const { g } = context
  const sizes = kernelSizes(node, kernel!)
  const n = sizes.length
  const [strides, dilations] = [spatialInts(node, 'strides', n), spatialInts(node, 'dilations', n)]
  const { bias, activate } = fusedOf(node, rest, context)
  const y = inChannelsFirst(node, x!, context, (nchw) => {
    const weights = permuted(context, kernel!, [n + 1, n, ...range(n)])
    return g.op('Conv', [nchw, weights, bias], {
      kernel_shape: sizes,
      strides,
      dilations,
      ...windowPadding(node, nchw, sizes, strides, dilations),
    })
  })
  return [activate(y)]
}

/** [kh, kw, C, M] → [C·M, 1, kh, kw]: channel c's m-th filter makes output c·M + m. */
const lowerDepthwise: NodeLowering = (node, [x, kernel, ...rest], context) => {
  const { g } = context
  const sizes = kernelSizes(node, kernel!)
  const [strides, dilations] = [spatialInts(node, 'strides', 2), spatialInts(node, 'dilations', 2)]
  const [channels, multiplier] = [2, 3].map((axis) => sizeOfAxis(node, kernel!, axis)) as [number, number]
  const { bias, activate } = fusedOf(node, rest, context)
  const y = inChannelsFirst(node, x!, context, (nchw) => {
    const weights = permuted(context, kernel!, [2, 3, 0, 1])
    const shape = [channels * multiplier, 1, ...sizes]
    const tensor = g.constantOf(weights)
    const single = tensor ? g.constant({ ...tensor, shape }, 'kernel') : g.op('Reshape', [weights], { shape })
    return g.op('Conv', [nchw, single, bias], {
      kernel_shape: sizes,
      strides,
      dilations,
      group: channels,
      ...windowPadding(node, nchw, sizes, strides, dilations),
    })
  })
  return [activate(y)]
}

/** The gradient of a convolution by its input, which is what a transposed convolution is; kernel [kh, kw, out, in]. */
const lowerTransposed: NodeLowering = (node, [size, kernel, x], context) => {
  const { g, known } = context
  const sizes = kernelSizes(node, kernel!)
  const strides = spatialInts(node, 'strides', 2)
  if (spatialInts(node, 'dilations', 2).some((d) => d !== 1))
    unsupportedNode(node, 'it has dilations', 'dilations 1')
  const [height, width] = isChannelsFirst(node) ? [2, 3] : [1, 2]
  const elements = known.of(size)
  const out = [height!, width!].map((axis) => {
    const element = elements?.[axis]
    // Where the batch is free, its size is not asked for.
    return typeof element === 'number' ? element : numbersOf(node, size, context, 'output size')[axis]!
  })
  const same = node.attributes.choice('padding', ['SAME', 'VALID']) === 'SAME'
  const pads = same ? samePads(out, sizes, strides, [1, 1]) : [0, 0, 0, 0]
  return [
    inChannelsFirst(node, x!, context, (nchw) => {
      const cells = [2, 3].map((axis) => sizeOfAxis(node, nchw, axis))
      const output_padding = cells.map(
        (n, i) => out[i]! - (strides[i]! * (n - 1) + sizes[i]! - pads[i]! - pads[i + 2]!),
      )
      return g.op('ConvTranspose', [nchw, permuted(context, kernel!, [3, 2, 0, 1])], {
        kernel_shape: sizes,
        strides,
        pads,
        output_padding,
      })
    }),
  ]
}

/** Max and average pooling; average leaves the padding out of the mean. */
const lowerPool =
  (op: 'MaxPool' | 'AveragePool', rank: number): NodeLowering =>
  (node, [x], context) => {
    const kernel = spatialInts(node, 'ksize', rank)
    const strides = spatialInts(node, 'strides', rank)
    const ones = kernel.map(() => 1)
    return [
      inChannelsFirst(node, x!, context, (nchw) =>
        context.g.op(op, [nchw], {
          kernel_shape: kernel,
          strides,
          ...windowPadding(node, nchw, kernel, strides, ones),
        }),
      ),
    ]
  }

/** Inputs: x, scale, offset, mean, variance; over the channels. */
const lowerBatchNorm: NodeLowering = (node, [x, ...parameters], context) => {
  if (node.attributes.bool('is_training', false))
    unsupportedNode(node, 'it is in training mode', 'a frozen model')
  const { g } = context
  const epsilon = { float: node.attributes.float('epsilon', 1e-3) }
  return [
    inChannelsFirst(node, x!, context, (nchw) =>
      g.op('BatchNormalization', [nchw, ...parameters.slice(0, 4)], { epsilon }),
    ),
  ]
}

const lowerBiasAdd: NodeLowering = (node, [x, bias], { g }) => {
  if (!isChannelsFirst(node)) return [g.op('Add', [x, bias])]
  const shape = [sizeOf(bias!.shape as number[]), ...x!.shape.slice(2).map(() => 1)]
  return [g.op('Add', [x, g.op('Reshape', [bias], { shape })])]
}

/** x / (bias + α Σ x²)^β over 2 radius + 1 channels. ONNX divides α by their number. */
const lowerLrn: NodeLowering = (node, [x], context) => {
  const size = 2 * node.attributes.int('depth_radius', 5) + 1
  const { attributes: a } = node
  return [
    inChannelsFirst(node, x!, context, (nchw) =>
      context.g.op('LRN', [nchw], {
        size,
        alpha: { float: a.float('alpha', 1) * size },
        beta: { float: a.float('beta', 0.5) },
        bias: { float: a.float('bias', 1) },
      }),
    ),
  ]
}

const windows = 'padding SAME, VALID, EXPLICIT; strides'
const fused = 'BiasAdd; then Relu, Relu6, Elu, LeakyRelu, Prelu, Sigmoid, Tanh'
const depthwise = { lower: lowerDepthwise, layerClass: 'DepthwiseConv2D' }
const conv = { lower: lowerConv, layerClass: 'Conv2D' }
const norm = { lower: lowerBatchNorm, layerClass: 'BatchNormalization', notes: 'at inference' }
export const convNodes: NodeFamily = {
  title: 'Convolution, pooling, normalisation',
  rows: {
    Conv2D: { ...conv, notes: `${windows}; dilations` },
    _FusedConv2D: { ...conv, notes: `${windows}; dilations; ${fused}` },
    Conv3D: { lower: lowerConv, layerClass: 'Conv3D', notes: `${windows}; dilations` },
    DepthwiseConv2dNative: { ...depthwise, notes: `${windows}; dilations` },
    DepthwiseConv2d: { ...depthwise, notes: `${windows}; dilations` },
    FusedDepthwiseConv2dNative: { ...depthwise, notes: `${windows}; dilations; ${fused}` },
    Conv2DBackpropInput: {
      lower: lowerTransposed,
      layerClass: 'Conv2DTranspose',
      notes: 'padding SAME, VALID; strides',
    },
    MaxPool: { lower: lowerPool('MaxPool', 2), notes: windows },
    AvgPool: { lower: lowerPool('AveragePool', 2), notes: windows },
    MaxPool3D: { lower: lowerPool('MaxPool', 3), notes: windows },
    AvgPool3D: { lower: lowerPool('AveragePool', 3), notes: windows },
    FusedBatchNorm: norm,
    FusedBatchNormV2: norm,
    FusedBatchNormV3: norm,
    BiasAdd: { lower: lowerBiasAdd, layerClass: 'BatchNormalization' },
    LRN: { lower: lowerLrn },
  },
}
