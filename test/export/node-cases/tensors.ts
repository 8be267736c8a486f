import {
  fixed,
  given,
  int,
  integer,
  ints,
  type NodeCase,
  noise,
  number,
  one,
  positive,
  text,
  texts,
  truth,
  weights,
  whole,
  yes,
} from './case.ts'

const cube = given([2, 3, 4])
const keep = { keep_dims: yes }

const reductions: NodeCase[] = [
  ...['Mean', 'Sum', 'Prod', 'Max', 'Min', 'EuclideanNorm'].flatMap((op) => [
    one(op, [cube, ints([1, 2])]),
    one(op, [cube, integer(-1)], keep, { title: 'axis kept' }),
  ]),
  ...['All', 'Any'].map((op) => one(op, [truth([4, 5]), ints([1])])),
  ...['ArgMax', 'ArgMin'].map((op) => one(op, [cube, integer(-1)])),
  one('Cumsum', [cube, integer(1)]),
  one('Cumsum', [cube, integer(2)], { exclusive: yes, reverse: yes }, { title: 'exclusive, reverse' }),
  one('Softmax', [cube]),
  one('LogSoftmax', [cube]),
]

const products: NodeCase[] = [
  one('MatMul', [given([3, 4]), weights([4, 5])]),
  one('MatMul', [given([3, 4]), weights([5, 4])], { transpose_b: yes }, { title: 'transposed' }),
  one('_FusedMatMul', [given([3, 4]), weights([4, 5]), weights([5])], {
    fused_ops: texts('BiasAdd', 'Relu'),
    num_args: int(1),
  }),
  ...['BatchMatMul', 'BatchMatMulV2'].map((op) =>
    one(op, [given([2, 3, 4]), given([2, 5, 4])], { adj_y: yes }),
  ),
  one('Einsum', [given([2, 3, 4]), weights([4, 5])], { equation: text('abc,cd->abd') }),
  one('Transpose', [cube, ints([0, 2, 1])]),
  one('Transpose', [cube, ints([2, 0, 1])], {}, { title: 'the batch moved' }),
]

const shapes: NodeCase[] = [
  one('Reshape', [cube, ints([-1, 12])]),
  one('Reshape', [cube, ints([2, -1, 2])], {}, { title: 'a free size' }),
  // tfjs compares with every size, the free ones too.
  one('EnsureShape', [cube, ints([2, 3, 4])]),
  one('ConcatV2', [cube, given([2, 3, 4], positive), integer(-1)], { N: int(2) }),
  one('Concat', [integer(1), cube, given([2, 3, 4], positive)], { N: int(2) }),
  one('Pack', [cube, given([2, 3, 4], positive)], { axis: int(1), N: int(2) }),
  one('Unpack', [cube], { axis: int(1), num: int(3) }, { outputs: 3 }),
  one('Split', [integer(2), cube], { num_split: int(2) }, { outputs: 2 }),
  one('SplitV', [cube, ints([1, -1]), integer(2)], { num_split: int(2) }, { outputs: 2 }),
  one('Tile', [cube, ints([1, 2, 3])]),
  one('BroadcastTo', [fixed([1, 3, 1]), ints([2, 3, 4])]),
  one('Fill', [ints([2, 3]), fixed([], () => 1.5)]),
  one('Range', [fixed([], () => 2, 'int32'), integer(11), integer(3)]),
  ...['Shape', 'Size', 'Rank'].map((op) => one(op, [cube])),
]

const places = ints([0, 2, 1, 1], [2, 2])
const picks: NodeCase[] = [
  one('Gather', [fixed([5, 3]), whole([4], 5)]),
  one('GatherV2', [cube, ints([2, 0, 0]), integer(1)], { batch_dims: int(0) }),
  one('GatherNd', [fixed([3, 4, 2]), places]),
  one('TopKV2', [given([3, 6]), integer(2)], { sorted: yes }, { outputs: 2 }),
  one('OneHot', [whole([2, 3], 4), integer(4), number(2), number(-1)], { axis: int(-1) }),
  one('ScatterNd', [ints([1, 3, 1], [3, 1]), fixed([3, 2]), ints([5, 2])]),
  one('SparseToDense', [ints([1, 3]), ints([5]), fixed([2]), number(0.5)]),
  one('SparseToDense', [places, ints([3, 3]), fixed([2]), number(0.5)], {}, { title: 'of a matrix' }),
  one('TensorScatterUpdate', [fixed([5, 2]), ints([1, 3], [2, 1]), fixed([2, 2], (i) => noise(i + 9))]),
  // tfjs reads both numbers from the first (findings/tfjs-converter-band-part.sh): here they are the same.
  one('MatrixBandPart', [given([2, 4, 5]), integer(1), integer(1)]),
]

/** Boxes of which some overlap by more than half. */
const box = (i: number) => [0, 0.1, 0.5, 0.52][(i >> 2) % 4]! + (i % 4 < 2 ? 0 : 0.4)
const boxes = fixed([4, 4], box)
const scores = fixed([4], (i) => [0.9, 0.3, 0.8, 0.85][i]!)
export const dynamicCases: readonly NodeCase[] = [
  one('Where', [truth([3, 4])]),
  ...['NonMaxSuppressionV2', 'NonMaxSuppressionV3'].map((op) =>
    one(op, [boxes, scores, integer(3), number(0.5), ...(op.endsWith('3') ? [number(0.35)] : [])]),
  ),
  one(
    'NonMaxSuppressionV5',
    [boxes, scores, integer(3), number(0.5), number(0.35), number(0)],
    {},
    { outputs: 2 },
  ),
]

export const tensorCases: readonly NodeCase[] = [...reductions, ...products, ...shapes, ...picks]
