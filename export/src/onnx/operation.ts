import {
  type Attributes,
  type Builder,
  type Dim,
  type GraphNode,
  ints,
  type Shape,
  type Tensor,
  type Type,
  type Value,
} from './ir.ts'

/** Types and shapes of the outputs from those of the inputs; throws where the operands do not fit. */
export type Infer = (
  inputs: readonly Value[],
  attributes: Attributes,
  count: number,
) => Type | readonly Type[]

/**
 * The vector-Jacobian product of an operation, as ONNX nodes: from the gradient of its output those of its inputs.
 *
 * A value [N,…] has a gradient [B,C,…] with the class whose score is differentiated at axis 1, so that all classes go through
 * the network at once; B is 1 until the gradient depends on the image. Sub-gradients at kinks and ties are those of
 * tfjs's own gradients (Relu at 0: 0; MaxPool at a tie: the first cell in row order; Max along an axis: every tied cell).
 */
export type Gradient = (step: Step) => readonly (Value | undefined)[]

export interface Step {
  readonly node: GraphNode
  /** Gradient of the node's output, [B,C,…]. */
  readonly gradient: Value
  readonly g: Builder
  /** Whether the gradient of this input is wanted. */
  wants(index: number): boolean
}

/** The result where all inputs are float32 constants; undefined where it is left to the runtime. */
export type Fold = (
  inputs: readonly Tensor[],
  attributes: Attributes,
  shape: readonly number[],
) => Tensor | undefined

/** An operation on a transposed value, moved before the transpose: its attributes there, and the transpose behind it. */
export type AlongAxes = (
  attributes: Attributes,
  perm: readonly number[],
) => { readonly attributes: Attributes; readonly perm: readonly number[] }

/** How an operation is written in a file, where that is not its attributes as they are. */
export type Write = (
  attributes: Attributes,
  inputs: readonly (Value | undefined)[],
  g: Builder,
) => {
  /** Inputs behind those that the node has. */
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Attributes
  /** Its name in ONNX, where that is another one. */
  readonly op?: string
}

/** All that is known of one operation. */
export interface Operation {
  readonly infer: Infer
  /** Absent: no gradient passes through it. */
  readonly gradient?: Gradient
  /** Its result stays where it is when its inputs change a little (comparisons, rounding): no gradient comes out of it. */
  readonly flat?: (inputs: readonly (Value | undefined)[]) => boolean
  readonly fold?: Fold
  /**
   * Which transposes may pass it. `each`: it does the same to every element. `broadcast`: so, to two operands alike;
   * `onto-first`: the second operand is spread over the first. Absent: none.
   */
  readonly axes?: 'each' | 'broadcast' | 'onto-first' | AlongAxes
  /** Lists of integers that are attributes here and inputs in ONNX, in the inputs' order, with the first operation set that has it so. */
  readonly inputs?: Readonly<Record<string, number>>
  readonly write?: Write
  /** The first operation set that has it, where that is later than the oldest that is written. */
  readonly since?: number
  /** Whether it gives its input back as it is. */
  readonly neutral?: (attributes: Attributes) => boolean
  /** Turns scores into probabilities, one by one or along an axis: what is differentiated lies before it. */
  readonly squashes?: true
  /** It moves or averages probabilities: what it does to them can be done to the scores before them. */
  readonly passesScores?: true
  /** The axis of its weights along which its output's channels lie. */
  readonly filterAxis?: 0 | 1
  /** Whether each channel of a gradient [B,C,K,…] has the same sum over space behind it as before it. */
  readonly keepsSum?: (attributes: Attributes) => boolean
  /** An operation of gradients that ONNX does not have, in ONNX's own. */
  readonly expand?: (g: Builder, node: GraphNode, inputs: readonly Value[]) => Value
}

/** The rows of one family of operations. */
export type Operations = Readonly<Record<string, Operation>>

/** Numpy's broadcasting; a free size against a known one is the known one, against 1 stays free. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i): Dim => {
    const x = i < rank - a.length ? 1 : a[i - (rank - a.length)]!
    const y = i < rank - b.length ? 1 : b[i - (rank - b.length)]!
    if (x === 1) return y
    if (y === 1) return x
    if (x === null) return y
    if (y === null || x === y) return x
    throw new Error(`shapes [${a}] and [${b}] do not broadcast`)
  })
}

/** The output is as the first input. */
export const same: Infer = ([x]) => ({ dtype: x!.dtype, shape: x!.shape })

export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)
export const inverse = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i))
/** Where an axis of a transposed value lies before the transpose. */
export const before = (perm: readonly number[], axis: number): number => perm[axisOf(axis, perm.length)]!

/** Adds the axis of the classes. */
export const lift = (g: Builder, value: Value): Value => g.op('Unsqueeze', [value], { axes: [1] })
export const mul = (g: Builder, x: Value, y: Value): Value => g.op('Mul', [x, y])
export const times = (g: Builder, gradient: Value, factor: Value): Value =>
  g.op('Mul', [gradient, lift(g, factor)])
export const mask = (g: Builder, condition: Value): Value => g.op('Cast', [condition], { to: 'float32' })

/** Sizes of an input's spatial axes, which a gradient must know. */
export const spatial = (value: Value): number[] => {
  const sizes = value.shape.slice(2)
  if (sizes.includes(null)) throw new Error('its input has a free spatial size')
  return sizes as number[]
}

/** The axes that a reduction or its like works along, counted from the front. */
export const axesOf = (attributes: Attributes, rank: number): number[] =>
  ints(attributes, 'axes').map((axis) => axisOf(axis, rank))
