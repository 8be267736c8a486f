import { type Attributes, type Dim, int, ints, type Shape } from '../ir.ts'
import {
  type AlongAxes,
  axesOf,
  axisOf,
  before,
  broadcast,
  type Fold,
  type Gradient,
  type Infer,
  type Operations,
  same,
} from '../operation.ts'
import { reshaped, transpose } from '../tensor.ts'

/** Sizes of which some are computed: -1. */
const knownOf = (attributes: Attributes, key: string): Dim[] =>
  ints(attributes, key).map((d) => (d < 0 ? null : d))
const times = (d: Dim, n: Dim): Dim => (d === null || n === null ? null : d * n)

const known = (shape: Shape): number => shape.reduce<number>((a, b) => a * (b ?? 1), 1)
const viewed: Fold = ([a], _, shape) => reshaped(a!, shape)

/** ONNX's Reshape: 0 copies the input's size, one -1 is what remains. */
const reshape: Infer = ([x], attributes) => {
  const target = ints(attributes, 'shape')
  const input = x!.shape
  const shape: Dim[] = target.map((d, i) => (d === 0 ? input[i]! : d))
  const at = target.indexOf(-1)
  const others: Dim[] = shape.filter((_, i) => i !== at)
  if (at < 0 || others.some((d) => d === null)) {
    // Free sizes that are copied cancel on both sides.
    const [free, freeOut] = [input.filter((d) => d === null).length, others.filter((d) => d === null).length]
    if (at >= 0) shape[at] = free === freeOut ? known(input) / known(others) : null
    return { dtype: x!.dtype, shape }
  }
  shape[at] = input.includes(null) ? null : known(input) / known(others)
  if (shape[at] !== null && !Number.isInteger(shape[at]))
    throw new Error(`[${input}] does not reshape to [${target}]`)
  return { dtype: x!.dtype, shape }
}

const concat: Infer = (inputs, attributes) => {
  const axis = axisOf(int(attributes, 'axis'), inputs[0]!.shape.length)
  const shape = inputs[0]!.shape.map((d, i): Dim => {
    const all = inputs.map((x) => x.shape[i]!)
    if (i === axis)
      return all.some((size) => size === null) ? null : (all as number[]).reduce((a, b) => a + b, 0)
    const fixed: Dim = all.find((size) => size !== null) ?? d
    if (all.some((size) => size !== null && size !== fixed))
      throw new Error(`sizes ${all} do not concatenate`)
    return fixed
  })
  return { dtype: inputs[0]!.dtype, shape }
}

const concatGradient: Gradient = ({ node, gradient, g, wants }) => {
  const axis = axisOf(int(node.attributes, 'axis'), node.outputs[0]!.shape.length) + 1
  let start = 0
  return node.inputs.map((value, i) => {
    const from = start
    start += value!.shape[axis - 1]!
    return wants(i) ? g.op('Slice', [gradient], { starts: [from], ends: [start], axes: [axis] }) : undefined
  })
}

const transposeGradient: Gradient = ({ node, gradient, g }) => {
  const perm = ints(node.attributes, 'perm')
  if (perm[0] !== 0) throw new Error('it moves the batch')
  const back = perm.slice(1).map((_, i) => perm.indexOf(i + 1) + 1)
  return [g.op('Transpose', [gradient], { perm: [0, 1, ...back] })]
}

const reshapeGradient: Gradient = ({ node, gradient, g }) => {
  const shape = node.inputs[0]!.shape.slice(1)
  if (shape.includes(null) || node.outputs[0]!.shape[0] !== node.inputs[0]!.shape[0])
    throw new Error('it does not keep the batch')
  return [g.op('Reshape', [gradient], { shape: [-1, gradient.shape[1]!, ...(shape as number[])] })]
}

const alongOne: AlongAxes = (attributes, perm) => ({
  attributes: { ...attributes, axis: before(perm, int(attributes, 'axis', -1)) },
  perm,
})

/** Operations that move elements and make no new ones. */
export const shapeOperations: Operations = {
  Transpose: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: ints(attributes, 'perm').map((axis) => x!.shape[axis]!),
    }),
    gradient: transposeGradient,
    passesScores: true,
    fold: ([a], attributes) => transpose(a!, ints(attributes, 'perm')),
  },
  Reshape: {
    infer: reshape,
    gradient: reshapeGradient,
    fold: viewed,
    inputs: { shape: 5 },
    passesScores: true,
  },
  Concat: { infer: concat, gradient: concatGradient, axes: alongOne },
  Squeeze: {
    infer: ([x], attributes) => {
      const axes = axesOf(attributes, x!.shape.length)
      return { dtype: x!.dtype, shape: x!.shape.filter((_, i) => !axes.includes(i)) }
    },
    fold: viewed,
    inputs: { axes: 13 },
    passesScores: true,
    gradient: ({ node, gradient, g }) => {
      const axes = axesOf(node.attributes, node.inputs[0]!.shape.length).map((axis) => axis + 1)
      return [g.op('Unsqueeze', [gradient], { axes: axes.sort((a, b) => a - b) })]
    },
  },
  Unsqueeze: {
    infer: ([x], attributes) => {
      const axes = [...ints(attributes, 'axes')].sort((a, b) => a - b)
      const shape = [...x!.shape]
      for (const axis of axes) shape.splice(axis, 0, 1)
      return { dtype: x!.dtype, shape }
    },
    fold: viewed,
    inputs: { axes: 13 },
    passesScores: true,
    gradient: ({ node, gradient, g }) => [
      g.op('Squeeze', [gradient], { axes: ints(node.attributes, 'axes').map((axis) => axis + 1) }),
    ],
  },
  Expand: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: broadcast(x!.shape, ints(attributes, 'shape')),
    }),
    inputs: { shape: 8 },
  },
  /** Expand, Reshape and Tile by sizes that are computed: the second input. What is known of them is `shape`; -1: nothing. */
  ExpandTo: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: broadcast(x!.shape, knownOf(attributes, 'shape')),
    }),
    write: () => ({ inputs: [], attributes: {}, op: 'Expand' }),
  },
  ReshapeTo: {
    infer: ([x], attributes) => ({ dtype: x!.dtype, shape: knownOf(attributes, 'shape') }),
    write: () => ({ inputs: [], attributes: {}, op: 'Reshape' }),
  },
  TileTo: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: knownOf(attributes, 'repeats').map((n, i) => times(x!.shape[i]!, n)),
    }),
    write: () => ({ inputs: [], attributes: {}, op: 'Tile' }),
  },
  Tile: {
    infer: ([x], attributes) => {
      const repeats = ints(attributes, 'repeats')
      return {
        dtype: x!.dtype,
        shape: x!.shape.map((d, i) => (repeats[i] === 1 || d === null ? d : d * repeats[i]!)),
      }
    },
    inputs: { repeats: 6 },
  },
  Gather: {
    infer: ([x, at], attributes) => {
      const axis = axisOf(int(attributes, 'axis', 0), x!.shape.length)
      return {
        dtype: x!.dtype,
        shape: [...x!.shape.slice(0, axis), ...at!.shape, ...x!.shape.slice(axis + 1)],
      }
    },
  },
  Split: {
    infer: ([x], attributes) => {
      const axis = axisOf(int(attributes, 'axis', 0), x!.shape.length)
      return ints(attributes, 'split').map((size) => ({
        dtype: x!.dtype,
        shape: x!.shape.map((d, i) => (i === axis ? size : d)),
      }))
    },
    axes: alongOne,
    inputs: { split: 13 },
  },
  ScatterElements: { infer: same },
  Range: { infer: ([start]) => ({ dtype: start!.dtype, shape: [null] }) },
  Shape: {
    infer: ([x], attributes) => ({
      dtype: 'int64',
      shape: [int(attributes, 'end', x!.shape.length) - int(attributes, 'start', 0)],
    }),
  },
}
