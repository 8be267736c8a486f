import { type Builder, type Dim, type GraphNode, ints, type Value } from '../../onnx/ir.ts'
import { type AlongAxes, inverse } from '../../onnx/operation.ts'
import { operationOf } from '../../onnx/table.ts'
import { reshaped, transpose } from '../../onnx/tensor.ts'
import type { Rewrite, Rule } from '../rule.ts'

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i)

interface Transposed {
  readonly source: Value
  readonly perm: readonly number[]
}

/** What a value is the transpose of. */
function transposed(g: Builder, value: Value | undefined): Transposed | undefined {
  const node = g.producer(value)
  return node?.op === 'Transpose'
    ? { source: node.inputs[0]!, perm: ints(node.attributes, 'perm') }
    : undefined
}

/** `other`, as it must be so that the operation can run before the transpose; undefined where that would cost one. */
function untransposed(g: Builder, other: Value, perm: readonly number[]): Value | undefined {
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

/**
 * Weights of a dense layer behind Flatten, with rows in the order in which the untransposed value flattens.
 * Flatten(Transpose(x)) · W = Flatten(x) · W′.
 */
function absorbIntoWeights(
  g: Builder,
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

const put = (g: Builder, value: Value, perm: readonly number[]): Value =>
  isIdentity(perm) ? value : g.op('Transpose', [value], { perm })

/** Two transposes are one. */
function joined(g: Builder, node: GraphNode, x: Value): Value {
  const perm = ints(node.attributes, 'perm')
  const first = transposed(g, x)
  if (!first) return put(g, x, perm)
  return put(
    g,
    first.source,
    perm.map((axis) => first.perm[axis]!),
  )
}

/** Before a transpose, or before one that lies behind Flatten, so that a dense layer there can take it up. */
function pastEach(g: Builder, node: GraphNode, x: Value): Value | undefined {
  const a = transposed(g, x)
  if (a) return put(g, g.op(node.op, [a.source], node.attributes), a.perm)
  const flatten = g.producer(x)
  const inner = flatten?.op === 'Reshape' ? transposed(g, flatten.inputs[0]) : undefined
  if (!inner) return undefined
  const moved = put(g, g.op(node.op, [inner.source], node.attributes), inner.perm)
  return g.op('Reshape', [moved], flatten!.attributes)
}

function pastBroadcast(
  g: Builder,
  node: GraphNode,
  [first, second]: readonly Value[],
  ontoFirst: boolean,
): Value | undefined {
  const a = transposed(g, first)
  const perm = a?.perm ?? transposed(g, second)?.perm
  if (!perm || (ontoFirst && !a)) return undefined
  const x = untransposed(g, first!, perm)
  const y = x && untransposed(g, second!, perm)
  return y && put(g, g.op(node.op, [x, y], node.attributes), perm)
}

/** Where all inputs are transposed alike. */
function pastAxes(
  g: Builder,
  node: GraphNode,
  inputs: readonly Value[],
  move: AlongAxes,
): Value[] | undefined {
  const sources = inputs.map((value) => transposed(g, value))
  const [a] = sources
  if (!a || sources.some((other) => other?.perm.join() !== a.perm.join())) return undefined
  const { attributes, perm } = move(node.attributes, a.perm)
  const moved = g.multi(
    node.op,
    sources.map((other) => other!.source),
    attributes,
    node.outputs.length,
  )
  return moved.map((value) => put(g, value, perm))
}

const pastTranspose: Rule = (node, inputs, { g }: Rewrite) => {
  const values = inputs as readonly Value[]
  if (node.op === 'Transpose') return [joined(g, node, values[0]!)]
  const absorbed = absorbIntoWeights(g, node, inputs)
  if (absorbed) return absorbed
  const { axes } = operationOf(node.op)
  if (axes === undefined) return undefined
  if (typeof axes === 'function') return pastAxes(g, node, values, axes)
  const moved =
    axes === 'each' ? pastEach(g, node, values[0]!) : pastBroadcast(g, node, values, axes === 'onto-first')
  return moved && [moved]
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
export const cancelTransposes: readonly Rule[] = [pastTranspose, asReshape]
