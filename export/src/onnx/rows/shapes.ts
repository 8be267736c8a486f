import { type Attributes, type Dim, float, floatOf, floatsOf, int, ints, type Shape } from '../ir.ts'
import {
  type AlongAxes,
  axesOf,
  axisOf,
  before,
  broadcast,
  type Fold,
  type Gradient,
  type Infer,
  inverse,
  type Operations,
  same,
  type Write,
} from '../operation.ts'
import { float32, int64, reshaped, transpose } from '../tensor.ts'

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

const pad: Infer = ([x], attributes) => {
  const pads = ints(attributes, 'pads')
  const rank = x!.shape.length
  return {
    dtype: x!.dtype,
    shape: x!.shape.map((d, i) => (d === null ? null : d + pads[i]! + pads[i + rank]!)),
  }
}

const padAlongAxes: AlongAxes = (attributes, perm) => {
  const rank = perm.length
  const pads = ints(attributes, 'pads')
  const to = new Array<number>(2 * rank).fill(0)
  perm.forEach((axis, i) => {
    to[axis] = pads[i]!
    to[axis + rank] = pads[i + rank]!
  })
  return { attributes: { ...attributes, pads: to }, perm }
}

const padGradient: Gradient = ({ node, gradient, g }) => {
  const shape = node.inputs[0]!.shape
  const pads = ints(node.attributes, 'pads')
  const axes = shape.map((_, i) => i).filter((i) => pads[i] !== 0 || pads[i + shape.length] !== 0)
  const ends = axes.map((i) => pads[i]! + (shape[i] ?? 0))
  return [
    g.op('Slice', [gradient], { starts: axes.map((i) => pads[i]!), ends, axes: axes.map((i) => i + 1) }),
  ]
}

/** `attributes` without some of them. */
const without = (attributes: Attributes, ...keys: string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key)))

const padWritten: Write = (attributes, _, g) => {
  const value = attributes.value === undefined ? undefined : g.number(floatOf(attributes, 'value'), 'value')
  return {
    inputs: [g.constant(int64(ints(attributes, 'pads')), 'pads'), value],
    attributes: without(attributes, 'pads', 'value'),
  }
}

const slice: Infer = ([x], attributes) => {
  const shape = [...x!.shape]
  const [starts, ends] = [ints(attributes, 'starts'), ints(attributes, 'ends')]
  const steps = ints(
    attributes,
    'steps',
    starts.map(() => 1),
  )
  axesOf(attributes, shape.length).forEach((axis, i) => {
    const size = shape[axis]!
    const [start, end, step] = [starts[i]!, ends[i]!, steps[i]!]
    if (size === null) {
      if (start >= 0 && end >= 0 && end < 2 ** 31 && step === 1) shape[axis] = end - start
      return
    }
    const clamp = (at: number, low: number, high: number) =>
      Math.min(Math.max(at < 0 ? at + size : at, low), high)
    const [from, to] =
      step > 0
        ? [clamp(start, 0, size), clamp(end, 0, size)]
        : [clamp(start, 0, size - 1), end < -size ? -1 : clamp(end, -1, size - 1)]
    shape[axis] = Math.max(0, Math.ceil((to - from) / step))
  })
  return { dtype: x!.dtype, shape }
}

const sliceGradient: Gradient = ({ node, gradient, g }) => {
  const shape = node.inputs[0]!.shape
  const [starts, axes] = [ints(node.attributes, 'starts'), ints(node.attributes, 'axes')]
  if (ints(node.attributes, 'steps', [1]).some((step) => step !== 1)) throw new Error('its step is not 1')
  const pads = new Array<number>(2 * (shape.length + 1)).fill(0)
  axes.forEach((axis, i) => {
    const size = shape[axis]!
    const start = starts[i]! < 0 ? starts[i]! + size : starts[i]!
    pads[axis + 1] = start
    pads[axis + 1 + shape.length + 1] = size - start - node.outputs[0]!.shape[axis]!
  })
  return [g.op('Pad', [gradient], { pads })]
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
  if (shape.includes(null) || node.outputs[0]!.shape[0] !== null)
    throw new Error('it does not keep the batch')
  return [g.op('Reshape', [gradient], { shape: [-1, gradient.shape[1]!, ...(shape as number[])] })]
}

const alongOne: AlongAxes = (attributes, perm) => ({
  attributes: { ...attributes, axis: before(perm, int(attributes, 'axis', -1)) },
  perm,
})

const resizeAlongAxes: AlongAxes = (attributes, perm) => {
  const back = inverse(perm)
  const [sizes, scales] = [ints(attributes, 'sizes'), floatsOf(attributes, 'scales')]
  const moved = {
    sizes: back.map((axis) => sizes[axis]!),
    scales: float(back.map((axis) => scales[axis]!)),
  }
  return { attributes: { ...attributes, ...moved }, perm }
}

/** By scales where a size is known only at run time. */
const resizeWritten: Write = (attributes, [x], g) => {
  const sizes = ints(attributes, 'sizes')
  const kept = without(attributes, 'sizes', 'scales')
  if (sizes.includes(0) || x!.shape.some((d, i) => i > 0 && d === null)) {
    const scales = floatsOf(attributes, 'scales')
    return {
      inputs: [undefined, g.constant(float32([scales.length], scales), 'scales')],
      attributes: kept,
    }
  }
  return { inputs: [undefined, undefined, g.constant(int64(sizes), 'sizes')], attributes: kept }
}

/** Operations that move elements and make no new ones. */
export const shapeOperations: Operations = {
  Transpose: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: ints(attributes, 'perm').map((axis) => x!.shape[axis]!),
    }),
    gradient: transposeGradient,
    fold: ([a], attributes) => transpose(a!, ints(attributes, 'perm')),
  },
  Reshape: { infer: reshape, gradient: reshapeGradient, fold: viewed, inputs: { shape: 5 } },
  Concat: { infer: concat, gradient: concatGradient, axes: alongOne },
  Pad: {
    infer: pad,
    gradient: padGradient,
    axes: padAlongAxes,
    neutral: (attributes) => ints(attributes, 'pads').every((n) => n === 0),
    write: padWritten,
  },
  Slice: {
    infer: slice,
    gradient: sliceGradient,
    axes: (attributes, perm) => ({
      attributes: { ...attributes, axes: ints(attributes, 'axes').map((axis) => before(perm, axis)) },
      perm,
    }),
    inputs: { starts: 10, ends: 10, axes: 10, steps: 10 },
  },
  Squeeze: {
    infer: ([x], attributes) => {
      const axes = axesOf(attributes, x!.shape.length)
      return { dtype: x!.dtype, shape: x!.shape.filter((_, i) => !axes.includes(i)) }
    },
    fold: viewed,
    inputs: { axes: 13 },
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
  },
  Expand: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: broadcast(x!.shape, ints(attributes, 'shape')),
    }),
    inputs: { shape: 8 },
  },
  /** Expand to a shape that is computed: its first size is free, the others are `shape`. */
  ExpandTo: {
    infer: ([x], attributes) => ({ dtype: x!.dtype, shape: [null, ...ints(attributes, 'shape')] }),
    write: () => ({ inputs: [], attributes: {}, op: 'Expand' }),
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
  Resize: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: ints(attributes, 'sizes').map((size, i) => (size === 0 ? x!.shape[i]! : size)),
    }),
    axes: resizeAlongAxes,
    write: resizeWritten,
  },
  ScatterElements: { infer: same },
  Shape: {
    infer: ([x], attributes) => ({
      dtype: 'int64',
      shape: [int(attributes, 'end', x!.shape.length) - int(attributes, 'start', 0)],
    }),
  },
}
