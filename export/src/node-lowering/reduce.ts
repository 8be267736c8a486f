import type { Node } from '../nodes/model.ts'
import type { Value } from '../onnx/ir.ts'
import {
  type Evaluate,
  fromFront,
  type NodeContext,
  type NodeFamily,
  type NodeLowering,
  type NodeRow,
  numberOf,
  numbersOf,
} from './context.ts'

const axesOf = (node: Node, x: Value, axes: Value, context: NodeContext): number[] =>
  numbersOf(node, axes, context, 'axis')
    .map((axis) => fromFront(axis, x.shape.length))
    .sort((a, b) => a - b)

function reduced(node: Node, op: string, x: Value, axes: readonly number[], { g }: NodeContext): Value {
  const keepdims = node.attributes.bool('keep_dims') || node.attributes.bool('keepdims') ? 1 : 0
  return axes.length === 0 ? x : g.op(op, [x], { axes, keepdims })
}

const lowerReduce =
  (op: string): NodeLowering =>
  (node, [x, axes], context) => [reduced(node, op, x!, axesOf(node, x!, axes!, context), context)]

/** Truth values as numbers: all is their minimum, any their maximum. */
const lowerTruth =
  (op: 'ReduceMin' | 'ReduceMax'): NodeLowering =>
  (node, [x, axes], context) => {
    const { g } = context
    const numbers = g.op('Cast', [x], { to: 'int32' })
    const result = reduced(node, op, numbers, axesOf(node, x!, axes!, context), context)
    return [g.op('Cast', [result], { to: 'bool' })]
  }

/** The place of the largest or smallest element along an axis; the first of equal ones. */
const lowerPlace =
  (op: 'ArgMax' | 'ArgMin'): NodeLowering =>
  (node, [x, axis], context) => {
    const at = fromFront(numberOf(node, axis, context, 'axis'), x!.shape.length)
    const place = context.g.op(op, [x], { axis: at, keepdims: 0 })
    return [context.g.op('Cast', [place], { to: 'int32' })]
  }

const lowerCumsum: NodeLowering = (node, [x, axis], context) => [
  context.g.op('CumSum', [x], {
    axis: fromFront(numberOf(node, axis, context, 'axis'), x!.shape.length),
    exclusive: node.attributes.bool('exclusive') ? 1 : 0,
    reverse: node.attributes.bool('reverse') ? 1 : 0,
  }),
]

const softmax =
  (op: 'Softmax' | 'LogSoftmax'): NodeLowering =>
  (_node, [x], { g }) => [g.op(op, [x], { axis: -1 })]

/** Of all elements of a vector. */
const whole =
  (f: (values: readonly number[]) => number): Evaluate =>
  ([values], { output }) =>
    output.shape.length <= 1 && output.shape.every((d) => d === 1)
      ? [values!.every((v) => typeof v === 'number') ? f(values) : null]
      : undefined

const notes = 'axes known at export; keep_dims'
const reduction = (op: string, evaluate?: Evaluate): NodeRow => ({
  lower: lowerReduce(op),
  notes,
  ...(evaluate && { evaluate }),
})
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

export const reduceNodes: NodeFamily = {
  title: 'Along axes',
  rows: {
    Mean: reduction('ReduceMean'),
    Sum: reduction('ReduceSum', whole(sum)),
    Prod: reduction(
      'ReduceProd',
      whole((values) => values.reduce((a, b) => a * b, 1)),
    ),
    Max: reduction(
      'ReduceMax',
      whole((values) => Math.max(...values)),
    ),
    Min: reduction(
      'ReduceMin',
      whole((values) => Math.min(...values)),
    ),
    EuclideanNorm: reduction('ReduceL2'),
    All: { lower: lowerTruth('ReduceMin'), notes },
    Any: { lower: lowerTruth('ReduceMax'), notes },
    ArgMax: { lower: lowerPlace('ArgMax') },
    ArgMin: { lower: lowerPlace('ArgMin') },
    Cumsum: { lower: lowerCumsum, notes: 'exclusive; reverse' },
    Softmax: { lower: softmax('Softmax') },
    LogSoftmax: { lower: softmax('LogSoftmax') },
  },
}
