import { type Attributes, type Dim, type DType, int, ints, type Shape, type Value } from './ir.ts'

/** Type and shape of an output. */
export interface Type {
  readonly dtype: DType
  readonly shape: Shape
}
type Inputs = readonly (Value | undefined)[]
type Rule = (inputs: readonly Value[], attributes: Attributes, count: number) => Type | Type[]

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

const same: Rule = ([x]) => ({ dtype: x!.dtype, shape: x!.shape })
const binary: Rule = ([a, b]) => ({ dtype: a!.dtype, shape: broadcast(a!.shape, b!.shape) })
const compare: Rule = ([a, b]) => ({ dtype: 'bool', shape: broadcast(a!.shape, b!.shape) })

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** Output size of a sliding window; `pads` is [begin…, end…]. */
function windowed(x: Shape, kernel: readonly number[], attributes: Attributes): Dim[] {
  const n = kernel.length
  const ones = new Array<number>(n).fill(1)
  const strides = ints(attributes, 'strides', ones)
  const dilations = ints(attributes, 'dilations', ones)
  const pads = ints(attributes, 'pads', new Array<number>(2 * n).fill(0))
  return kernel.map((k, i) => {
    const size = x[i + 2]
    if (size === null || size === undefined) return null
    if (attributes.auto_pad === 'SAME_UPPER') return Math.ceil(size / strides[i]!)
    const out = Math.floor((size + pads[i]! + pads[i + n]! - dilations[i]! * (k - 1) - 1) / strides[i]!) + 1
    if (out < 1) throw new Error(`a window of ${k} does not fit into ${size}`)
    return out
  })
}

const pool: Rule = ([x], attributes, count) => {
  const type = {
    dtype: x!.dtype,
    shape: [...x!.shape.slice(0, 2), ...windowed(x!.shape, ints(attributes, 'kernel_shape'), attributes)],
  }
  return count === 2 ? [type, { dtype: 'int64', shape: type.shape }] : type
}

const reduce: Rule = ([x], attributes) => {
  const rank = x!.shape.length
  const axes = ints(attributes, 'axes').map((axis) => axisOf(axis, rank))
  const keep = int(attributes, 'keepdims', 1) === 1
  const shape = x!.shape.map((d, i) => (axes.includes(i) ? 1 : d)).filter((_, i) => keep || !axes.includes(i))
  return { dtype: x!.dtype, shape }
}

/** ONNX's Reshape: 0 copies the input's size, one -1 is what remains. */
const reshape: Rule = ([x], attributes) => {
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
const known = (shape: Shape): number => shape.reduce<number>((a, b) => a * (b ?? 1), 1)

const matmul: Rule = ([a, b]) => {
  const [x, y] = [a!.shape, b!.shape]
  const [k, l] = [x.at(-1), y.at(-2)]
  if (k !== null && l !== null && k !== l) throw new Error(`[${x}] · [${y}] do not multiply`)
  return { dtype: a!.dtype, shape: [...broadcast(x.slice(0, -2), y.slice(0, -2)), x.at(-2)!, y.at(-1)!] }
}

const rules: Record<string, Rule> = {
  MatMul: matmul,
  Gemm: ([a, b], attributes) => ({
    dtype: a!.dtype,
    shape: [a!.shape[0]!, b!.shape[int(attributes, 'transB', 0) === 1 ? 0 : 1]!],
  }),
  Conv: ([x, w], attributes) => {
    const group = int(attributes, 'group', 1)
    const [channels, expected] = [x!.shape[1], (w!.shape[1] ?? 0) * group]
    if (channels !== expected)
      throw new Error(`weights for ${expected} channels meet an input of ${channels}`)
    const kernel = w!.shape.slice(2) as number[]
    return { dtype: x!.dtype, shape: [x!.shape[0]!, w!.shape[0]!, ...windowed(x!.shape, kernel, attributes)] }
  },
  ConvTranspose: ([x, w], attributes) => {
    const n = x!.shape.length - 2
    const ones = new Array<number>(n).fill(1)
    const strides = ints(attributes, 'strides', ones)
    const dilations = ints(attributes, 'dilations', ones)
    const extra = ints(attributes, 'output_padding', new Array<number>(n).fill(0))
    const pads = ints(attributes, 'pads', new Array<number>(2 * n).fill(0))
    const spatial = strides.map((s, i) => {
      const size = x!.shape[i + 2]!
      if (size === null) return null
      const kernel = w!.shape[i + 2]!
      return s * (size - 1) + extra[i]! + (kernel - 1) * dilations[i]! + 1 - pads[i]! - pads[i + n]!
    })
    return { dtype: x!.dtype, shape: [x!.shape[0]!, w!.shape[1]! * int(attributes, 'group', 1), ...spatial] }
  },
  MaxPool: pool,
  AveragePool: pool,
  /** Inputs: gradient of the pooled values [B,C,K,…], what was pooled [N,K,…]. */
  MaxPoolGrad: ([g, x]) => ({ dtype: g!.dtype, shape: [x!.shape[0]!, g!.shape[1]!, ...x!.shape.slice(1)] }),
  AveragePoolGrad: ([g], attributes) => ({
    dtype: g!.dtype,
    shape: [...g!.shape.slice(0, 3), ...ints(attributes, 'size')],
  }),
  /** Inputs: [1,…], and a value whose batch it takes; `shape` holds the other sizes. */
  ExpandBatch: ([x, like], attributes) => ({
    dtype: x!.dtype,
    shape: [like!.shape[0]!, ...ints(attributes, 'shape')],
  }),
  Transpose: ([x], attributes) => ({
    dtype: x!.dtype,
    shape: ints(attributes, 'perm').map((axis) => x!.shape[axis]!),
  }),
  Reshape: reshape,
  Concat: (inputs, attributes) => {
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
  },
  Pad: ([x], attributes) => {
    const pads = ints(attributes, 'pads')
    const rank = x!.shape.length
    return {
      dtype: x!.dtype,
      shape: x!.shape.map((d, i) => (d === null ? null : d + pads[i]! + pads[i + rank]!)),
    }
  },
  Slice: ([x], attributes) => {
    const shape = [...x!.shape]
    const [starts, ends] = [ints(attributes, 'starts'), ints(attributes, 'ends')]
    const steps = ints(
      attributes,
      'steps',
      starts.map(() => 1),
    )
    ints(attributes, 'axes').forEach((raw, i) => {
      const axis = axisOf(raw, shape.length)
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
  },
  Squeeze: ([x], attributes) => {
    const axes = ints(attributes, 'axes').map((axis) => axisOf(axis, x!.shape.length))
    return { dtype: x!.dtype, shape: x!.shape.filter((_, i) => !axes.includes(i)) }
  },
  Unsqueeze: ([x], attributes) => {
    const axes = [...ints(attributes, 'axes')].sort((a, b) => a - b)
    const shape = [...x!.shape]
    for (const axis of axes) shape.splice(axis, 0, 1)
    return { dtype: x!.dtype, shape }
  },
  Expand: ([x], attributes) => ({ dtype: x!.dtype, shape: broadcast(x!.shape, ints(attributes, 'shape')) }),
  /** Expand to a shape that is computed: its first size is free, the others are `shape`. */
  ExpandTo: ([x], attributes) => ({ dtype: x!.dtype, shape: [null, ...ints(attributes, 'shape')] }),
  Tile: ([x], attributes) => {
    const repeats = ints(attributes, 'repeats')
    return {
      dtype: x!.dtype,
      shape: x!.shape.map((d, i) => (repeats[i] === 1 || d === null ? d : d * repeats[i]!)),
    }
  },
  Gather: ([x, at], attributes) => {
    const axis = axisOf(int(attributes, 'axis', 0), x!.shape.length)
    return { dtype: x!.dtype, shape: [...x!.shape.slice(0, axis), ...at!.shape, ...x!.shape.slice(axis + 1)] }
  },
  Split: ([x], attributes) => {
    const axis = axisOf(int(attributes, 'axis', 0), x!.shape.length)
    return ints(attributes, 'split').map((size) => ({
      dtype: x!.dtype,
      shape: x!.shape.map((d, i) => (i === axis ? size : d)),
    }))
  },
  Resize: ([x], attributes) => ({
    dtype: x!.dtype,
    shape: ints(attributes, 'sizes').map((size, i) => (size === 0 ? x!.shape[i]! : size)),
  }),
  Cast: ([x], attributes) => ({ dtype: attributes.to as DType, shape: x!.shape }),
  Where: ([c, a, b]) => ({ dtype: a!.dtype, shape: broadcast(c!.shape, broadcast(a!.shape, b!.shape)) }),
  PRelu: ([x]) => ({ dtype: x!.dtype, shape: x!.shape }),
  ScatterElements: same,
  Shape: ([x], attributes) => ({
    dtype: 'int64',
    shape: [int(attributes, 'end', x!.shape.length) - int(attributes, 'start', 0)],
  }),
  /** X [T,N,I], W [D,gates·H,I] → Y [T,D,N,H], Y_h [D,N,H] and, for LSTM, Y_c [D,N,H]. */
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
}

function recurrent([x, w]: readonly Value[], attributes: Attributes, count: number): Type[] {
  const hidden = int(attributes, 'hidden_size')
  const [time, batch] = x!.shape
  const state: Type = { dtype: x!.dtype, shape: [w!.shape[0]!, batch!, hidden] }
  return [{ dtype: x!.dtype, shape: [time!, w!.shape[0]!, batch!, hidden] }, state, state].slice(0, count)
}

const families: [readonly string[], Rule][] = [
  [
    'Relu LeakyRelu Elu Selu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Exp Log Sqrt Neg Abs Reciprocal Erf Identity Clip Softmax LogSoftmax Gelu Mish BatchNormalization LayerNormalization Round Floor Not Sign'.split(
      ' ',
    ),
    same,
  ],
  ['Add Sub Mul Div Pow Max Min Mod And Or'.split(' '), binary],
  ['Equal Greater GreaterOrEqual Less LessOrEqual'.split(' '), compare],
  ['ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL2 ReduceSumSquare'.split(' '), reduce],
]
for (const [ops, rule] of families) for (const op of ops) rules[op] = rule

/** Type and shape of each output of an operation; throws where the operands do not fit. */
export function infer(op: string, inputs: Inputs, attributes: Attributes, count: number): Type[] {
  const rule = rules[op]
  if (!rule) throw new Error(`no shape rule for ${op}`)
  const types = rule(inputs as readonly Value[], attributes, count)
  return Array.isArray(types) ? types : [types]
}
