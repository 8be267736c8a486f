import { type Attributes, float, floatOf, floatsOf, int, ints, type Tensor } from '../ir.ts'
import {
  type AlongAxes,
  axesOf,
  before,
  type Gradient,
  type Infer,
  inverse,
  type Operations,
  type Write,
} from '../operation.ts'
import { float32, int64 } from '../tensor.ts'

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

const resizeAlongAxes: AlongAxes = (attributes, perm) => {
  const back = inverse(perm)
  const [sizes, scales] = [ints(attributes, 'sizes'), floatsOf(attributes, 'scales')]
  const moved = {
    sizes: back.map((axis) => sizes[axis]!),
    scales: float(back.map((axis) => scales[axis]!)),
  }
  return { attributes: { ...attributes, ...moved }, perm }
}

/** Place in the input of cell i of the result. */
function placeOf(mode: string, i: number, from: number, to: number): number {
  if (mode === 'align_corners') return to === 1 ? 0 : (i * (from - 1)) / (to - 1)
  return mode === 'half_pixel' ? ((i + 0.5) * from) / to - 0.5 : (i * from) / to
}

/** Resizing along one axis as a matrix [to, from]. */
function resizeMatrix(attributes: Attributes, from: number, to: number): Tensor {
  const matrix = new Float32Array(to * from)
  const mode = String(attributes.coordinate_transformation_mode)
  const clamp = (at: number) => Math.min(Math.max(at, 0), from - 1)
  for (let i = 0; i < to; i++) {
    const place = placeOf(mode, i, from, to)
    if (attributes.mode === 'nearest') {
      const cell = attributes.nearest_mode === 'floor' ? Math.floor(place) : Math.floor(place + 0.5)
      matrix[i * from + clamp(cell)] = 1
      continue
    }
    const low = Math.floor(clamp(place))
    const share = clamp(place) - low
    matrix[i * from + low]! += 1 - share
    matrix[i * from + clamp(low + 1)]! += share
  }
  return float32([to, from], matrix)
}

/** Resizing is a matrix along each axis; the gradient goes back through each of them. */
const resizeGradient: Gradient = ({ node, gradient, g }) => {
  const [before, after] = [node.inputs[0]!.shape, node.outputs[0]!.shape]
  const rank = before.length + 1
  const axes = before.flatMap((d, i) => (d === after[i] ? [] : [i]))
  if (axes.some((i) => before[i] === null)) throw new Error('its input has a free spatial size')
  const back = axes.reduce((value, axis) => {
    const matrix = g.constant(resizeMatrix(node.attributes, before[axis]!, after[axis]!), 'resize')
    // The axis to the back, through the matrix, and to its place again.
    const perm = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis + 1)
    const moved = g.op('Transpose', [value], { perm: [...perm, axis + 1] })
    const product = g.op('MatMul', [moved, matrix])
    return g.op('Transpose', [product], { perm: inverse([...perm, axis + 1]) })
  }, gradient)
  return [back]
}

/** By scales where a size is known only at run time; scales that are no whole numbers would miss a size, so then the batch is asked for. */
const resizeWritten: Write = (attributes, [x], g) => {
  const sizes = ints(attributes, 'sizes')
  const scales = floatsOf(attributes, 'scales')
  const kept = without(attributes, 'sizes', 'scales')
  const free = sizes.slice(1).includes(0) || x!.shape.some((d, i) => i > 0 && d === null)
  if (!free && sizes[0] === 0 && !scales.every(Number.isInteger)) {
    const batch = g.op('Shape', [x], { start: 0, end: 1 })
    const rest = g.constant(int64(sizes.slice(1)), 'sizes')
    const all = g.op('Concat', [batch, rest], { axis: 0 })
    return { inputs: [undefined, undefined, all], attributes: kept }
  }
  if (free || sizes[0] === 0) {
    return {
      inputs: [undefined, g.constant(float32([scales.length], scales), 'scales')],
      attributes: kept,
    }
  }
  return { inputs: [undefined, undefined, g.constant(int64(sizes), 'sizes')], attributes: kept }
}

/** Operations that change how far axes reach. */
export const extentOperations: Operations = {
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
  Resize: {
    infer: ([x], attributes) => ({
      dtype: x!.dtype,
      shape: ints(attributes, 'sizes').map((size, i) => (size === 0 ? x!.shape[i]! : size)),
    }),
    axes: resizeAlongAxes,
    gradient: resizeGradient,
    write: resizeWritten,
  },
  DepthToSpace: {
    infer: ([x], attributes) => {
      const block = int(attributes, 'blocksize')
      const [n, channels, ...sizes] = x!.shape
      const shape = [n!, channels! / block ** 2, ...sizes.map((d) => (d === null ? null : d * block))]
      return { dtype: x!.dtype, shape }
    },
  },
}
