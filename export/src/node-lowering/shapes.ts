import type { Node } from '../nodes/model.ts'
import type { Dim, Value } from '../onnx/ir.ts'
import { int32 } from '../onnx/tensor.ts'
import {
  type Evaluate,
  fromFront,
  type NodeContext,
  type NodeFamily,
  type NodeLowering,
  numberOf,
  numbersOf,
  sizeOfAxis,
  unsupportedNode,
} from './context.ts'
import { type Element, isFree } from './known.ts'

const isNumber = (x: Element): x is number => typeof x === 'number'
const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1)
const asDim = (x: Element): Dim => (isNumber(x) ? x : null)

/** The elements of an input that holds sizes; null where only the runtime knows one. */
function sizesIn(node: Node, value: Value, { known }: NodeContext): readonly Element[] {
  const found = known.of(value)
  if (found) return found
  const [length] = value.shape
  return typeof length === 'number'
    ? new Array<null>(length).fill(null)
    : unsupportedNode(node, 'the rank of its result is computed at run time', 'a rank known at export')
}

/** The form of ONNX's Reshape that says the same, with at most one -1; undefined where sizes must be computed. */
function staticTarget(target: readonly Element[], from: readonly Element[]): number[] | undefined {
  const free = target.flatMap((d, i) => (isNumber(d) && d >= 0 ? [] : [i]))
  if (free.length <= 1) return target.map((d) => (isNumber(d) ? d : -1))
  const rest = from.slice(1)
  if (target[0] !== 'N' || from[0] !== 'N') return undefined
  // The batch stays, and what is left is spread over the one other free size.
  if (free.length > 2) return undefined
  const others = target.slice(1).filter((d): d is number => isNumber(d) && d >= 0)
  if (target.includes(-1) && rest.every(isNumber))
    return target.map((d, i) => (i === 0 ? -1 : d === -1 ? product(rest) / product(others) : (d as number)))
  return target.map((d, i) => (i === 0 ? 0 : isNumber(d) && d >= 0 ? d : -1))
}

/** Whether the free axis of a reshaped value is the batch. */
function keepsBatch(target: readonly Element[], from: readonly Element[]): boolean {
  const free = target.filter((d) => !isNumber(d) || d < 0)
  if (free.every((d) => d === 'N')) return true
  const [rest, others] = [from.filter((d) => d !== 'N'), target.filter((d) => d !== -1)]
  return (
    free.length === 1 &&
    free[0] === -1 &&
    rest.length === from.length - 1 &&
    rest.every(isNumber) &&
    others.every(isNumber) &&
    product(rest) === product(others)
  )
}

/** Sizes as ONNX takes them. */
const asInt64 = (value: Value, { g }: NodeContext): Value => g.op('Cast', [value], { to: 'int64' })

const lowerReshape: NodeLowering = (node, [x, shape], context) => {
  const { g, known } = context
  const target = sizesIn(node, shape!, context)
  const from = known.sizes(x!)
  const fixed = staticTarget(target, from)
  const y = fixed
    ? g.op('Reshape', [x], { shape: fixed })
    : g.op('ReshapeTo', [x, asInt64(shape!, context)], { shape: target.map((d) => asDim(d) ?? -1) })
  known.setBatch(y, keepsBatch(target, from))
  return [y]
}

const lowerSqueeze: NodeLowering = (node, [x], { g }) => {
  const listed = node.attributes.ints('squeeze_dims', node.attributes.ints('axis', []))
  const rank = x!.shape.length
  const axes =
    listed.length > 0
      ? listed.map((axis) => fromFront(axis, rank))
      : x!.shape.flatMap((d, i) => (d === 1 ? [i] : []))
  const y = axes.length > 0 ? g.op('Squeeze', [x], { axes: [...axes].sort((a, b) => a - b) }) : x!
  return [y]
}

const lowerExpandDims: NodeLowering = (node, [x, axis], context) => {
  const at = fromFront(numberOf(node, axis, context, 'axis'), x!.shape.length + 1)
  return [context.g.op('Unsqueeze', [x], { axes: [at] })]
}

const lowerConcat: NodeLowering = (node, inputs, context) => {
  const values = inputs.slice(0, -1)
  const axis = fromFront(numberOf(node, inputs.at(-1), context, 'axis'), values[0]!.shape.length)
  const y = values.length === 1 ? values[0]! : context.g.op('Concat', values, { axis })
  if (values.length > 1 && values.some((x) => isFree(x, axis))) context.known.setBatch(y, false)
  return [y]
}

/** Along the first axis, elements follow each other as the inputs do. */
const concatenated: Evaluate = (inputs) => {
  const [values, [axis]] = [inputs.slice(0, -1), inputs.at(-1)!]
  return axis === 0 || (axis === -1 && values.every((v) => v.length === 1)) ? values.flat() : undefined
}

const lowerPack: NodeLowering = (node, inputs, { g }) => {
  const axis = fromFront(node.attributes.int('axis', 0), inputs[0]!.shape.length + 1)
  const lifted = inputs.map((x) => g.op('Unsqueeze', [x], { axes: [axis] }))
  return [g.op('Concat', lifted, { axis })]
}

/** Parts of a value along an axis. */
function split(
  x: Value,
  axis: number,
  sizes: readonly number[],
  { g, known }: NodeContext,
): readonly Value[] {
  if (sizes.length === 1) return [x]
  const parts = g.multi('Split', [x], { axis, split: sizes }, sizes.length)
  if (axis === 0) for (const part of parts) known.setBatch(part, false)
  return parts
}

const lowerSplit: NodeLowering = (node, [axis, x], context) => {
  const at = fromFront(numberOf(node, axis, context, 'axis'), x!.shape.length)
  const count = node.attributes.int('num_split')
  const size = sizeOfAxis(node, x!, at) / count
  return split(x!, at, new Array<number>(count).fill(size), context)
}

const lowerSplitV: NodeLowering = (node, [x, sizes, axis], context) => {
  const at = fromFront(numberOf(node, axis, context, 'axis'), x!.shape.length)
  const list = [...numbersOf(node, sizes, context, 'list of sizes')]
  const rest = list.indexOf(-1)
  if (rest >= 0) list[rest] = sizeOfAxis(node, x!, at) - list.reduce((a, b) => a + b, 1)
  return split(x!, at, list, context)
}

const lowerUnpack: NodeLowering = (node, [x], context) => {
  const { g } = context
  const axis = fromFront(node.attributes.int('axis', 0), x!.shape.length)
  const count = node.attributes.int('num', sizeOfAxis(node, x!, axis))
  return split(x!, axis, new Array<number>(count).fill(1), context).map((part) =>
    g.op('Squeeze', [part], { axes: [axis] }),
  )
}

const lowerTile: NodeLowering = (node, [x, repeats], context) => {
  const { g, known } = context
  const elements = sizesIn(node, repeats!, context)
  const y = elements.every(isNumber)
    ? g.op('Tile', [x], { repeats: elements })
    : g.op('TileTo', [x, asInt64(repeats!, context)], {
        repeats: elements.map((d) => asDim(d) ?? -1),
      })
  const isBatch = elements.every((n, i) =>
    isFree(x!, i) ? n === 1 : isNumber(n) || (n === 'N' && x!.shape[i] === 1),
  )
  if (!isBatch) known.setBatch(y, false)
  return [y]
}

/** A value spread over sizes that may be known only at run time. */
function spread(node: Node, x: Value, shape: Value, context: NodeContext): Value {
  const { g, known } = context
  const target = sizesIn(node, shape, context)
  const y = target.every(isNumber)
    ? g.op('Expand', [x], { shape: target })
    : g.op('ExpandTo', [x, asInt64(shape, context)], { shape: target.map((d) => asDim(d) ?? -1) })
  known.setBatch(
    y,
    target.every((d) => isNumber(d) || d === 'N'),
  )
  return y
}

/** Sizes of a value, which the runtime knows where the export does not. */
const shapeOf = (x: Value, { g }: NodeContext): Value =>
  g.op('Cast', [g.op('Shape', [x], {})], { to: 'int32' })

const like =
  (number: number): NodeLowering =>
  (node, [x], context) => {
    const { g } = context
    const one = g.op('Cast', [g.number(number)], { to: x!.dtype })
    const shape = shapeOf(x!, context)
    context.known.set(shape, context.known.sizes(x!))
    return [x!.shape.length === 0 ? one : spread(node, one, shape, context)]
  }

/** Numbers from start, below limit. */
const lowerRange: NodeLowering = (node, inputs, { g, known }) => {
  node.attributes.type('Tidx', 'int32')
  const y = g.op('Range', inputs)
  known.setBatch(y, false)
  return [y]
}

const range: Evaluate = ([start, limit, delta]) => {
  const [from, to, step] = [start![0], limit![0], delta![0]]
  if (!isNumber(from ?? null) || !isNumber(to ?? null) || !isNumber(step ?? null)) return undefined
  const [a, b, d] = [from as number, to as number, step as number]
  const count = Math.max(0, Math.ceil((b - a) / d))
  return count > 64 ? undefined : Array.from({ length: count }, (_, i) => a + i * d)
}

const same: Evaluate = ([a]) => a
export const shapeNodes: NodeFamily = {
  title: 'Shapes',
  rows: {
    Reshape: { lower: lowerReshape, evaluate: same },
    EnsureShape: { lower: (_node, [x]) => [x!], evaluate: same },
    Squeeze: { lower: lowerSqueeze, evaluate: same },
    ExpandDims: { lower: lowerExpandDims, evaluate: same },
    Concat: {
      lower: (node, [axis, ...values], context) => lowerConcat(node, [...values, axis!], context),
    },
    ConcatV2: { lower: lowerConcat, evaluate: concatenated },
    Pack: {
      lower: lowerPack,
      evaluate: (inputs, { node }) => (node.attributes.int('axis', 0) === 0 ? inputs.flat() : undefined),
    },
    Unpack: {
      lower: lowerUnpack,
      evaluate: ([elements], { inputs, index }) =>
        inputs[0]!.shape.length === 1 ? [elements![index]!] : undefined,
    },
    Split: { lower: lowerSplit },
    SplitV: { lower: lowerSplitV },
    Tile: { lower: lowerTile },
    BroadcastTo: { lower: (node, [x, shape], context) => [spread(node, x!, shape!, context)] },
    Fill: {
      lower: (node, [shape, x], context) => [spread(node, x!, shape!, context)],
      evaluate: ([, value], { output }) => {
        const sizes = output.shape
        if (sizes.includes(null) || product(sizes as number[]) > 64) return undefined
        return new Array<Element>(product(sizes as number[])).fill(value![0]!)
      },
    },
    ZerosLike: { lower: like(0) },
    OnesLike: { lower: like(1) },
    Range: { lower: lowerRange, evaluate: range },
    Shape: {
      lower: (_node, [x], context) => [shapeOf(x!, context)],
      evaluate: (_, { inputs, known }) => known.sizes(inputs[0]!),
    },
    Rank: {
      lower: (_node, [x], { g }) => [g.constant(int32([x!.shape.length], []))],
    },
    Size: {
      lower: (_node, [x], { g }) => [
        g.op('Cast', [g.op('ReduceProd', [g.op('Shape', [x], {})], { axes: [0], keepdims: 0 })], {
          to: 'int32',
        }),
      ],
      evaluate: (_, { inputs, known }) => {
        const sizes = known.sizes(inputs[0]!)
        return [sizes.every(isNumber) ? product(sizes) : null]
      },
    },
  },
}
