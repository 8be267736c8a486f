import { float32 } from '../onnx/tensor.ts'
import {
  type Evaluate,
  fromFront,
  type NodeFamily,
  type NodeLowering,
  numberOf,
  numbersOf,
  sizeOfAxis,
  unsupportedNode,
} from './context.ts'
import type { Element } from './known.ts'

const lowerGather: NodeLowering = (node, [x, indices, axis], context) => {
  const { g } = context
  const at = axis ? fromFront(numberOf(node, axis, context, 'axis'), x!.shape.length) : 0
  if (node.attributes.int('batch_dims', 0) !== 0) unsupportedNode(node, 'batch_dims is not 0', 'batch_dims 0')
  const places = indices!.dtype === 'int32' ? indices! : g.op('Cast', [indices], { to: 'int32' })
  return [g.op('Gather', [x, places], { axis: at })]
}

/** Of vectors. */
const gathered: Evaluate = ([x, indices], { inputs }) =>
  inputs[0]!.shape.length === 1
    ? indices!.map((i) => (typeof i === 'number' ? (x!.at(i) ?? null) : null))
    : undefined

const lowerGatherNd: NodeLowering = (_node, [x, indices], { g }) => [
  g.op('GatherND', [x, g.op('Cast', [indices], { to: 'int64' })]),
]

/** The k largest along the last axis, and their places. */
const lowerTopK: NodeLowering = (node, [x, k], context) => {
  const { g } = context
  const count = numberOf(node, k, context, 'k')
  // Sorted or not: the runtime may give them in order either way.
  node.attributes.bool('sorted', true)
  const [values, places] = g.multi('TopK', [x], { k: [count], axis: -1, largest: 1, sorted: 1 }, 2)
  return [values!, g.op('Cast', [places], { to: 'int32' })]
}

const lowerOneHot: NodeLowering = (node, [indices, depth, on, off], context) => {
  const { g } = context
  const count = numberOf(node, depth, context, 'depth')
  const rank = indices!.shape.length + 1
  if (fromFront(node.attributes.int('axis', -1), rank) !== rank - 1)
    unsupportedNode(
      node,
      `its axis is ${node.attributes.int('axis')}`,
      'axis -1 (tfjs ignores the attribute)',
    )
  const numbers = g.constant(
    float32(
      [count],
      Float32Array.from({ length: count }, (_, i) => i),
    ),
    'places',
  )
  const lifted = g.op('Unsqueeze', [g.op('Cast', [indices], { to: 'float32' })], { axes: [rank - 1] })
  const same = g.op('Equal', [lifted, numbers])
  return [g.op('Where', [same, on, off])]
}

/** Updates added up in zeros. */
const lowerScatterNd: NodeLowering = (node, [indices, updates, shape], context) => {
  const { g } = context
  const sizes = numbersOf(node, shape, context, 'shape')
  const zeros = g.op('Expand', [g.op('Cast', [g.number(0)], { to: updates!.dtype })], { shape: sizes })
  const at = g.op('Cast', [indices], { to: 'int64' })
  return [g.op('ScatterND', [zeros, at, updates], { reduction: 'add' })]
}

/** A tensor of one value, with others at some places. */
const lowerSparseToDense: NodeLowering = (node, [indices, shape, values, filling], context) => {
  const { g } = context
  const sizes = numbersOf(node, shape, context, 'shape')
  const base = g.op('Expand', [g.op('Cast', [filling], { to: values!.dtype })], { shape: sizes })
  // A list of numbers is a list of places along one axis.
  const places = indices!.shape.length === 2 ? indices! : g.op('Reshape', [indices], { shape: [-1, 1] })
  const updates = values!.shape.length === 0 ? g.op('Reshape', [values], { shape: [1] }) : values!
  return [g.op('ScatterND', [base, g.op('Cast', [places], { to: 'int64' }), updates])]
}

/** Of vectors. */
const sparse: Evaluate = ([indices, shape, values, filling]) => {
  const [size] = shape!
  if (shape!.length !== 1 || typeof size !== 'number' || size > 64) return undefined
  const out = new Array<Element>(size).fill(filling![0]!)
  for (const [i, at] of indices!.entries()) {
    if (typeof at !== 'number') return undefined
    out[at] = values![values!.length === 1 ? 0 : i]!
  }
  return out
}

const lowerScatterUpdate: NodeLowering = (_node, [x, indices, updates], { g }) => [
  g.op('ScatterND', [x, g.op('Cast', [indices], { to: 'int64' }), updates]),
]

/** The places where a condition holds, [count, rank]. */
const lowerWhere: NodeLowering = (_node, [condition], context) => {
  const { g, known } = context
  const truth = condition!.dtype === 'bool' ? condition! : g.op('Cast', [condition], { to: 'bool' })
  const places = g.op('Transpose', [g.op('NonZero', [truth])], { perm: [1, 0] })
  const y = g.op('Cast', [places], { to: 'int32' })
  known.setBatch(y, false)
  return [y]
}

/** Boxes [n, 4] as y1, x1, y2, x2 and scores [n] → places of those that are kept. */
const lowerSuppression: NodeLowering = (node, [boxes, scores, most, overlap, least], context) => {
  const { g, known } = context
  const scalar = (value: number) => g.constant(float32([1], [value]))
  const limit = numberOf(node, most, context, 'largest number of boxes')
  const picked = g.op('NonMaxSuppression', [
    g.op('Unsqueeze', [boxes], { axes: [0] }),
    g.op('Unsqueeze', [scores], { axes: [0, 1] }),
    g.constant({ dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(limit)) }),
    scalar(
      overlap ? numberOf(node, overlap, context, 'overlap') : node.attributes.float('iou_threshold', 0.5),
    ),
    // tfjs takes boxes above the threshold only; none is named where there is none.
    ...(least ? [scalar(numberOf(node, least, context, 'lowest score'))] : []),
  ])
  const places = g.op('Squeeze', [g.op('Slice', [picked], { starts: [2], ends: [3], axes: [1] })], {
    axes: [1],
  })
  const y = g.op('Cast', [places], { to: 'int32' })
  known.setBatch(y, false)
  return [y]
}

const lowerV5: NodeLowering = (node, inputs, context) => {
  const [boxes, scores, most, overlap, least, sigma] = inputs
  if (sigma && numberOf(node, sigma, context, 'sigma') !== 0)
    unsupportedNode(node, 'its sigma is not 0 (soft suppression)', 'sigma 0')
  const [places] = lowerSuppression(node, [boxes!, scores!, most!, overlap!, least!], context)
  const { g } = context
  const chosen = g.op('Gather', [scores, places], { axis: 0 })
  context.known.setBatch(chosen, false)
  return [places!, chosen]
}

const lowerBandPart: NodeLowering = (node, [x, lower, upper], context) => {
  const [below, above] = [lower, upper].map((value) => numberOf(node, value, context, 'number of diagonals'))
  const [rows, columns] = [-2, -1].map((axis) => sizeOfAxis(node, x!, axis)) as [number, number]
  const band = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns]
    const inside = (below! < 0 || row - column <= below!) && (above! < 0 || column - row <= above!)
    return inside ? 1 : 0
  })
  const { g } = context
  return [g.op('Mul', [x, g.constant(float32([rows, columns], band), 'band')])]
}

export const gatherNodes: NodeFamily = {
  title: 'Gathering, sorting, picking',
  rows: {
    Gather: { lower: lowerGather, evaluate: gathered },
    GatherV2: { lower: lowerGather, evaluate: gathered, notes: 'batch_dims 0' },
    GatherNd: { lower: lowerGatherNd },
    TopKV2: { lower: lowerTopK, notes: 'k known at export' },
    OneHot: { lower: lowerOneHot, notes: 'depth known at export' },
    ScatterNd: { lower: lowerScatterNd, notes: 'a shape known at export' },
    SparseToDense: { lower: lowerSparseToDense, evaluate: sparse, notes: 'a shape known at export' },
    TensorScatterUpdate: { lower: lowerScatterUpdate },
    Where: { lower: lowerWhere, notes: 'of one input: the places' },
    NonMaxSuppressionV2: { lower: lowerSuppression, notes: 'limits known at export' },
    NonMaxSuppressionV3: { lower: lowerSuppression, notes: 'limits known at export' },
    NonMaxSuppressionV5: {
      lower: lowerV5,
      notes: 'limits known at export; without soft suppression; places and scores',
    },
    MatrixBandPart: { lower: lowerBandPart },
  },
}
