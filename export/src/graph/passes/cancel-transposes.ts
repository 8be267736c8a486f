import type { GraphBuilder } from '../builder.ts'
import {
  type Attributes,
  type Dim,
  float,
  floatsOf,
  type Graph,
  type GraphNode,
  int,
  ints,
  type Value,
} from '../ir.ts'
import { reshaped, transpose } from '../tensor.ts'
import { type Rule, transform } from '../transform.ts'

/** Operations that do the same to every element, whatever the order of the axes. */
export const UNARY = new Set(
  'Relu LeakyRelu Elu Selu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Exp Log Sqrt Neg Abs Reciprocal Erf Clip Cast Gelu Mish Round Floor Not Sign'.split(
    ' ',
  ),
)
export const BINARY = new Set(
  'Add Sub Mul Div Pow Max Min PRelu Equal Greater GreaterOrEqual Less LessOrEqual'.split(' '),
)

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i)
const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i))

interface Transposed {
  readonly source: Value
  readonly perm: readonly number[]
}

/** What a value is the transpose of. */
function transposed(g: GraphBuilder, value: Value | undefined): Transposed | undefined {
  const node = g.producer(value)
  return node?.op === 'Transpose'
    ? { source: node.inputs[0]!, perm: ints(node.attributes, 'perm') }
    : undefined
}

/** `other`, as it must be so that the operation can run before the transpose; undefined where that would cost one. */
function untransposed(g: GraphBuilder, other: Value, perm: readonly number[]): Value | undefined {
  const its = transposed(g, other)
  if (its) return its.perm.join() === perm.join() ? its.source : undefined
  const tensor = g.constantOf(other)
  if (other.shape.length > perm.length) return undefined
  if (tensor) {
    if (tensor.data.length === 1) return other
    const full = [...new Array<number>(perm.length - tensor.shape.length).fill(1), ...tensor.shape]
    return g.constant(transpose(reshaped(tensor, full), inverse(perm)), 'transposed')
  }
  // One size beside the batch that is not 1, as in squeeze-and-excitation: moving it is only a Reshape.
  if (
    other.shape.length !== perm.length ||
    other.shape.slice(1).filter((d) => d !== 1).length > 1 ||
    perm[0] !== 0
  )
    return undefined
  const shape: Dim[] = inverse(perm).map((axis) => other.shape[axis]!)
  return shape.slice(1).some((d) => d === null)
    ? undefined
    : g.op('Reshape', [other], { shape: [-1, ...(shape.slice(1) as number[])] })
}

/** Axis attributes of operations that work along axes. */
function alongAxes(
  node: GraphNode,
  perm: readonly number[],
): { attributes: Attributes; perm: readonly number[] } | undefined {
  const { op, attributes } = node
  const rank = perm.length
  const at = (axis: number) => perm[axis < 0 ? axis + rank : axis]!
  if (op === 'Softmax' || op === 'LogSoftmax' || op === 'Split')
    return { attributes: { ...attributes, axis: at(int(attributes, 'axis', -1)) }, perm }
  if (op === 'Pad') {
    const pads = ints(attributes, 'pads')
    const to = new Array<number>(2 * rank).fill(0)
    perm.forEach((axis, i) => {
      to[axis] = pads[i]!
      to[axis + rank] = pads[i + rank]!
    })
    return { attributes: { ...attributes, pads: to }, perm }
  }
  if (op === 'Slice') return { attributes: { ...attributes, axes: ints(attributes, 'axes').map(at) }, perm }
  if (op === 'Resize') {
    const back = inverse(perm)
    const [sizes, scales] = [ints(attributes, 'sizes'), floatsOf(attributes, 'scales')]
    const moved = {
      sizes: back.map((axis) => sizes[axis]!),
      scales: float(back.map((axis) => scales[axis]!)),
    }
    return { attributes: { ...attributes, ...moved }, perm }
  }
  if (op.startsWith('Reduce')) {
    const axes = ints(attributes, 'axes').map(at)
    const moved = { ...attributes, axes: [...axes].sort((a, b) => a - b) }
    if (int(attributes, 'keepdims', 1) === 1) return { attributes: moved, perm }
    const kept = perm.filter((axis) => !axes.includes(axis))
    const ranks = [...kept].sort((a, b) => a - b)
    return { attributes: moved, perm: kept.map((axis) => ranks.indexOf(axis)) }
  }
  return undefined
}

/**
 * Weights of a dense layer behind Flatten, with rows in the order in which the untransposed value flattens.
 * Flatten(Transpose(x)) · W = Flatten(x) · W′.
 */
function absorbIntoWeights(
  g: GraphBuilder,
  node: GraphNode,
  inputs: readonly (Value | undefined)[],
): Value[] | undefined {
  const weights = g.constantOf(inputs[1])
  const flatten = g.producer(inputs[0])
  if (
    node.op !== 'MatMul' ||
    weights?.shape.length !== 2 ||
    flatten?.op !== 'Reshape' ||
    inputs[0]!.shape.length !== 2
  )
    return undefined
  const before = transposed(g, flatten.inputs[0])
  const sizes = flatten.inputs[0]!.shape.slice(1)
  if (before?.perm[0] !== 0 || sizes.includes(null)) return undefined
  const rows = reshaped(weights, [...(sizes as number[]), weights.shape[1]!])
  const back = inverse(before.perm)
    .slice(1)
    .map((axis) => axis - 1)
  const moved = reshaped(transpose(rows, [...back, sizes.length]), weights.shape)
  const flat = g.op('Reshape', [before.source], flatten.attributes)
  return [g.op('MatMul', [flat, g.constant(moved, 'kernel')])]
}

const rule: Rule = (node, inputs, { g }) => {
  const [first, second] = inputs
  const put = (value: Value, perm: readonly number[]): Value =>
    isIdentity(perm) ? value : g.op('Transpose', [value], { perm })
  if (node.op === 'Transpose') {
    const perm = ints(node.attributes, 'perm')
    const before = transposed(g, first)
    return before
      ? [
          put(
            before.source,
            perm.map((axis) => before.perm[axis]!),
          ),
        ]
      : [put(first!, perm)]
  }
  const absorbed = absorbIntoWeights(g, node, inputs)
  if (absorbed) return absorbed
  const a = transposed(g, first)
  if (UNARY.has(node.op)) {
    if (a) return [put(g.op(node.op, [a.source], node.attributes), a.perm)]
    // Through Flatten, so that a dense layer behind it can take the transpose up.
    const flatten = g.producer(first)
    const inner = flatten?.op === 'Reshape' ? transposed(g, flatten.inputs[0]) : undefined
    if (!inner) return undefined
    return [
      g.op('Reshape', [put(g.op(node.op, [inner.source], node.attributes), inner.perm)], flatten!.attributes),
    ]
  }
  if (BINARY.has(node.op)) {
    const perm = a?.perm ?? transposed(g, second)?.perm
    if (!perm || (node.op === 'PRelu' && !a)) return undefined
    const x = untransposed(g, first!, perm)
    const y = x && untransposed(g, second!, perm)
    return y && [put(g.op(node.op, [x, y], node.attributes), perm)]
  }
  if (!a) return undefined
  if (node.op === 'Concat') {
    const sources = inputs.map((value) => transposed(g, value))
    if (sources.some((other) => other?.perm.join() !== a.perm.join())) return undefined
    const axis = int(node.attributes, 'axis')
    const joined = g.op(
      'Concat',
      sources.map((other) => other!.source),
      { axis: a.perm[axis < 0 ? axis + a.perm.length : axis]! },
    )
    return [put(joined, a.perm)]
  }
  const moved = alongAxes(node, a.perm)
  return (
    moved &&
    g.multi(node.op, [a.source], moved.attributes, node.outputs.length).map((value) => put(value, moved.perm))
  )
}

/** A transpose that moves only axes of size 1 is a Reshape, which costs nothing. */
const asReshape: Rule = (node, [x], { g }) => {
  if (node.op !== 'Transpose') return undefined
  const perm = ints(node.attributes, 'perm').filter((axis) => x!.shape[axis] !== 1)
  const shape = node.outputs[0]!.shape.map((d) => d ?? -1)
  const still = perm.every((axis, i) => i === 0 || axis > perm[i - 1]!)
  return still && shape.filter((d) => d === -1).length <= 1 ? [g.op('Reshape', [x!], { shape })] : undefined
}

/** Moves transposes towards the outputs until they meet their inverse or a constant takes them up. */
export const cancelTransposes = (graph: Graph): Graph => transform(transform(graph, rule), asReshape)
