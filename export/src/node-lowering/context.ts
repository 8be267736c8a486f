import { ConvertError } from '../errors.ts'
import type { Node } from '../nodes/model.ts'
import { type Builder, float, type Value } from '../onnx/ir.ts'
import { transpose } from '../onnx/tensor.ts'
import { activationsOf } from '../pieces/activations.ts'
import { toFirst, toLast } from '../pieces/layout.ts'
import type { Element, KnownValues } from './known.ts'

/** What a lowering builds with. */
export interface NodeContext {
  readonly g: Builder
  readonly known: KnownValues
}

/** Adds a node's operations to the graph and returns its outputs, in the layout that tfjs gives them. */
export type NodeLowering = (node: Node, inputs: readonly Value[], context: NodeContext) => readonly Value[]

/** One output of a node, for what is known of it. */
export interface Site {
  readonly node: Node
  readonly inputs: readonly Value[]
  readonly output: Value
  readonly index: number
  readonly known: KnownValues
}

/** What is known of an output from what is known of the inputs; undefined: nothing. */
export type Evaluate = (inputs: readonly (readonly Element[])[], site: Site) => readonly Element[] | undefined

/** All that is known of one of TensorFlow's operations. */
export interface NodeRow {
  readonly lower: NodeLowering
  /** One line for the support page. */
  readonly notes?: string
  /** Why the operation is refused, where it is known and cannot be lowered. */
  readonly refused?: string
  /** Its value at export, for tensors that hold sizes. */
  readonly evaluate?: Evaluate
  /** The layer class that Grad-CAM's choice of a layer takes it for (`core/src/cam/network.ts`). */
  readonly layerClass?: string
}

export type NodeRows = Readonly<Record<string, NodeRow>>

/** One section of the support page. */
export interface NodeFamily {
  readonly title: string
  readonly rows: NodeRows
}

export const describeNode = ({ name, op }: Node): string => `node "${name}" (${op})`

export const unsupportedNode = (node: Node, what: string, supported: string): never => {
  throw new ConvertError('unsupported-option', `${describeNode(node)}: ${what}; supported: ${supported}`)
}

/** The row of an operation that is known and cannot be lowered. */
export const refusingNode = (refused: string): NodeRow => ({
  refused,
  lower: (node) => unsupportedNode(node, refused, 'no use of it'),
})

const shown = (elements: readonly Element[] | undefined): string =>
  elements ? `[${elements.map((e) => e ?? '?').join(', ')}]` : 'computed at run time'

/** The numbers of an input that must be known at export. @throws ConvertError unsupported-option */
export function numbersOf(
  node: Node,
  value: Value | undefined,
  { known }: NodeContext,
  what: string,
): readonly number[] {
  const elements = known.of(value)
  if (elements?.every((e) => typeof e === 'number')) return elements
  return unsupportedNode(
    node,
    `its ${what} is ${shown(elements)}`,
    `${what} that can be computed at export: give the sizes of the inputs with --input-size`,
  )
}

export const numberOf = (node: Node, value: Value | undefined, context: NodeContext, what: string): number =>
  numbersOf(node, value, context, what)[0] ?? unsupportedNode(node, `its ${what} is empty`, 'one number')

/** The size of an axis, where a lowering must know it. */
export function sizeOfAxis(node: Node, value: Value, axis: number): number {
  const size = value.shape.at(axis)
  return typeof size === 'number'
    ? size
    : unsupportedNode(
        node,
        `axis ${axis} of its input [${value.shape.map((d) => d ?? '?')}] is free`,
        'a known size: give it with --input-size',
      )
}

/** An axis counted from the front. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** [N, …, C] as TensorFlow lays images out, or [N, C, …]. */
export const isChannelsFirst = ({ attributes }: Node): boolean =>
  attributes.text('data_format', 'NHWC').startsWith('NC')

/** Runs `body` on the value with channels first, as ONNX wants it, and gives back the node's own layout. */
export function inChannelsFirst(node: Node, x: Value, { g }: NodeContext, body: (x: Value) => Value): Value {
  if (isChannelsFirst(node)) return body(x)
  const y = body(g.op('Transpose', [x], { perm: toFirst(x.shape.length) }))
  return g.op('Transpose', [y], { perm: toLast(y.shape.length) })
}

/** A kernel with its axes in another order: at export where it is a constant. */
export function permuted({ g }: NodeContext, kernel: Value, perm: readonly number[]): Value {
  const tensor = g.constantOf(kernel)
  return tensor ? g.constant(transpose(tensor, perm), 'kernel') : g.op('Transpose', [kernel], { perm })
}

/** Activations that a fused operation may end with, as pieces name them. */
const FUSED: Readonly<Record<string, string>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Elu: 'elu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
}

/** What a fused operation does besides its product. */
export interface Fused {
  /** Is added to the product first. */
  readonly bias: Value | undefined
  /** Is done to the sum. */
  readonly activate: (sum: Value) => Value
}

/** @param rest the inputs behind the kernel */
export function fusedOf(node: Node, rest: readonly Value[], context: NodeContext): Fused {
  // Of operations that are not fused, files have them empty.
  node.attributes.int('num_args', 0)
  const [first, ...others] = node.attributes.texts('fused_ops')
  return first === 'BiasAdd'
    ? { bias: rest[0], activate: (sum) => activated(node, sum, others, rest.slice(1), context) }
    : {
        bias: undefined,
        activate: (sum) => activated(node, sum, first ? [first, ...others] : [], rest, context),
      }
}

function activated(
  node: Node,
  y: Value,
  ops: readonly string[],
  rest: readonly Value[],
  { g }: NodeContext,
): Value {
  const inputs = [...rest]
  return ops.reduce((x, op) => {
    if (op === 'Prelu') return g.op('PRelu', [x, inputs.shift()])
    if (op === 'LeakyRelu')
      return g.op('LeakyRelu', [x], { alpha: float(node.attributes.float('leakyrelu_alpha', 0.2)) })
    const apply = Object.hasOwn(FUSED, op) ? activationsOf(2)[FUSED[op]!] : undefined
    return apply
      ? apply(x, g)
      : unsupportedNode(
          node,
          `${op} is fused into it`,
          `BiasAdd, Prelu, LeakyRelu, ${Object.keys(FUSED).join(', ')}`,
        )
  }, y)
}
