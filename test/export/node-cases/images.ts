import {
  fixed,
  float,
  given,
  int,
  integer,
  ints,
  list,
  type NodeCase,
  number,
  one,
  positive,
  text,
  texts,
  weights,
  yes,
} from './case.ts'

const image = given([2, 7, 6, 3])
const same = { padding: text('SAME'), data_format: text('NHWC') }
const valid = { padding: text('VALID'), data_format: text('NHWC') }
const by = (strides: number, dilations = 1) => ({
  strides: list([1, strides, strides, 1]),
  dilations: list([1, dilations, dilations, 1]),
})
const explicit = { padding: text('EXPLICIT'), explicit_paddings: list([0, 0, 1, 2, 0, 1, 0, 0]) }
const kernel = weights([3, 3, 3, 4])
const each = weights([3, 3, 3, 2])
const bias = weights([4])

const fused = (...ops: string[]) => ({ ...same, ...by(1), fused_ops: texts(...ops), num_args: int(1) })

const convolutions: NodeCase[] = [
  one('Conv2D', [image, kernel], { ...same, ...by(2) }, { title: 'same, strides 2' }),
  one('Conv2D', [image, kernel], { ...valid, ...by(1, 2) }, { title: 'valid, dilations 2' }),
  one('Conv2D', [image, kernel], { ...explicit, ...by(1) }, { title: 'explicit' }),
  one('Conv3D', [given([2, 4, 5, 4, 2]), weights([2, 3, 2, 2, 3])], {
    padding: text('SAME'),
    data_format: text('NDHWC'),
    strides: list([1, 1, 1, 1, 1]),
    dilations: list([1, 1, 1, 1, 1]),
  }),
  ...['Relu', 'Relu6', 'Elu', 'LeakyRelu', 'Sigmoid'].map((op) =>
    one('_FusedConv2D', [image, kernel, bias], fused('BiasAdd', op), { title: op }),
  ),
  one(
    '_FusedConv2D',
    [image, kernel, bias],
    { ...fused('BiasAdd', 'LeakyRelu'), leakyrelu_alpha: float(0.05) },
    { title: 'LeakyRelu 0.05' },
  ),
  one(
    '_FusedConv2D',
    [image, kernel, bias, weights([1, 1, 4])],
    { ...fused('BiasAdd', 'Prelu'), num_args: int(2) },
    { title: 'Prelu' },
  ),
  one('_FusedConv2D', [image, kernel, bias], fused('BiasAdd'), { title: 'bias alone' }),
  one('DepthwiseConv2dNative', [image, each], { ...same, ...by(2) }),
  one('DepthwiseConv2d', [image, each], { ...valid, ...by(1) }),
  one(
    'FusedDepthwiseConv2dNative',
    [image, each, weights([6])],
    { ...same, ...by(1), fused_ops: texts('BiasAdd', 'Relu6'), num_args: int(1) },
    { title: 'Relu6' },
  ),
  one('Conv2DBackpropInput', [ints([2, 9, 7, 4]), weights([3, 3, 4, 3]), fixed([2, 5, 4, 3])], {
    ...same,
    ...by(2),
  }),
  one('Conv2DBackpropInput', [ints([2, 11, 9, 4]), weights([3, 3, 4, 3]), fixed([2, 5, 4, 3])], {
    ...valid,
    ...by(2),
  }),
]

const window = (padding: object) => ({ ...padding, ksize: list([1, 3, 2, 1]), strides: list([1, 2, 2, 1]) })
const pools: NodeCase[] = ['MaxPool', 'AvgPool'].flatMap((op) => [
  one(op, [image], window(same), { title: 'same' }),
  one(op, [image], window(valid), { title: 'valid' }),
  one(`${op}3D`, [given([2, 4, 5, 4, 2])], {
    padding: text('SAME'),
    data_format: text('NDHWC'),
    ksize: list([1, 2, 2, 2, 1]),
    strides: list([1, 2, 2, 2, 1]),
  }),
])

const statistics = [weights([3]), weights([3]), weights([3]), weights([3], positive)]
const norms: NodeCase[] = [
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((op) =>
    one(op, [image, ...statistics], { epsilon: float(0.01), data_format: text('NHWC') }),
  ),
  one('BiasAdd', [image, weights([3])], { data_format: text('NHWC') }),
  one('LRN', [given([2, 4, 4, 9])], {
    depth_radius: int(2),
    bias: float(1.5),
    alpha: float(0.3),
    beta: float(0.75),
  }),
]

const resized = ['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((op) => [
  one(op, [image, ints([14, 12])], {}, { title: 'asymmetric' }),
  one(op, [image, ints([15, 13])], { align_corners: yes }, { title: 'corners aligned' }),
  one(op, [image, ints([14, 12])], { half_pixel_centers: yes }, { title: 'centres' }),
  one(op, [image, ints([5, 4])], { half_pixel_centers: yes }, { title: 'smaller, centres' }),
])

const places = ints([0, 0, 1, 2, 0, 1, 0, 0], [4, 2])
const extents: NodeCase[] = [
  one('Pad', [image, places]),
  one('PadV2', [image, places, number(-1.5)]),
  one('MirrorPad', [image, places], { mode: text('REFLECT') }),
  ...resized,
  one('DepthToSpace', [given([2, 3, 4, 8])], { block_size: int(2), data_format: text('NHWC') }),
  one('SpaceToBatchND', [given([2, 5, 6, 3]), ints([2, 3]), ints([1, 2, 0, 3], [2, 2])]),
  one('BatchToSpaceND', [given([6, 4, 3, 2]), ints([2, 3]), ints([1, 0, 2, 1], [2, 2])]),
]

const slices = (title: string, begin: number[], end: number[], strides: number[], masks: object = {}) =>
  one('StridedSlice', [image, ints(begin), ints(end), ints(strides)], masks as Record<string, object>, {
    title,
  })
const cuts: NodeCase[] = [
  one('Slice', [image, ints([0, 1, 2, 0]), ints([-1, 4, -1, 2])]),
  slices('ends', [0, 1, 0, 0], [0, 5, 0, 0], [1, 2, 1, 1], { begin_mask: int(13), end_mask: int(13) }),
  slices('backwards', [0, 0, -1], [0, 0, -5], [1, 1, -2], { begin_mask: int(3), end_mask: int(3) }),
  slices('an axis less', [0, -1], [0, 0], [1, 1], {
    begin_mask: int(1),
    end_mask: int(1),
    shrink_axis_mask: int(2),
  }),
  slices('ellipsis and a new axis', [0, 0, 1], [0, 0, 2], [1, 1, 1], {
    ellipsis_mask: int(1),
    new_axis_mask: int(2),
  }),
  one('Reverse', [image, { constant: [0, 1, 0, 1], shape: [4], dtype: 'bool' }]),
  one('ReverseV2', [image, ints([1, -1])]),
]

export const imageCases: readonly NodeCase[] = [
  ...convolutions,
  ...pools,
  ...norms,
  ...extents,
  ...cuts,
  one('Squeeze', [given([2, 1, 3, 1])], { squeeze_dims: list([1, 3]) }),
  one('Squeeze', [fixed([2, 1, 3, 1])], {}, { title: 'all axes' }),
  one('ExpandDims', [image, integer(-2)]),
]
