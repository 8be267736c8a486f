import type { Value } from '../ir.ts'
import { type Attributes, type Builder, type Dim, type GraphNode, int, ints, type Shape } from '../ir.ts'
import { type Gradient, type Infer, type Operations, spatial } from '../operation.ts'
import { float32, int64, sizeOf } from '../tensor.ts'

/** Strides, dilations and pads [begin…, end…] of a window with `n` axes. */
function windowOf(attributes: Attributes, n: number) {
  const ones = new Array<number>(n).fill(1)
  return {
    strides: ints(attributes, 'strides', ones),
    dilations: ints(attributes, 'dilations', ones),
    pads: ints(attributes, 'pads', new Array<number>(2 * n).fill(0)),
  }
}

/** Output size of a sliding window. */
function windowed(x: Shape, kernel: readonly number[], attributes: Attributes): Dim[] {
  const n = kernel.length
  const { strides, dilations, pads } = windowOf(attributes, n)
  return kernel.map((k, i) => {
    const size = x[i + 2]
    if (size === null || size === undefined) return null
    if (attributes.auto_pad === 'SAME_UPPER') return Math.ceil(size / strides[i]!)
    const out = Math.floor((size + pads[i]! + pads[i + n]! - dilations[i]! * (k - 1) - 1) / strides[i]!) + 1
    if (out < 1) throw new Error(`a window of ${k} does not fit into ${size}`)
    return out
  })
}

const conv: Infer = ([x, w], attributes) => {
  const group = int(attributes, 'group', 1)
  const [channels, expected] = [x!.shape[1], (w!.shape[1] ?? 0) * group]
  if (channels !== expected) throw new Error(`weights for ${expected} channels meet an input of ${channels}`)
  const kernel = w!.shape.slice(2) as number[]
  return { dtype: x!.dtype, shape: [x!.shape[0]!, w!.shape[0]!, ...windowed(x!.shape, kernel, attributes)] }
}

const convTranspose: Infer = ([x, w], attributes) => {
  const n = x!.shape.length - 2
  const { strides, dilations, pads } = windowOf(attributes, n)
  const extra = ints(attributes, 'output_padding', new Array<number>(n).fill(0))
  const sizes = strides.map((s, i) => {
    const size = x!.shape[i + 2]!
    if (size === null) return null
    const kernel = w!.shape[i + 2]!
    return s * (size - 1) + extra[i]! + (kernel - 1) * dilations[i]! + 1 - pads[i]! - pads[i + n]!
  })
  return { dtype: x!.dtype, shape: [x!.shape[0]!, w!.shape[1]! * int(attributes, 'group', 1), ...sizes] }
}

const pool: Infer = ([x], attributes, count) => {
  const type = {
    dtype: x!.dtype,
    shape: [...x!.shape.slice(0, 2), ...windowed(x!.shape, ints(attributes, 'kernel_shape'), attributes)],
  }
  return count === 2 ? [type, { dtype: 'int64', shape: type.shape }] : type
}

/** [B,C,K,…] ↔ [B·C,K,…], for operations that know one batch axis only. */
const fold = (g: Builder, gradient: Value): Value =>
  g.op('Reshape', [gradient], { shape: [-1, ...(gradient.shape.slice(2) as number[])] })
const unfold = (g: Builder, value: Value, classes: number): Value =>
  g.op('Reshape', [value], { shape: [-1, classes, ...(value.shape.slice(1) as number[])] })

/** What ConvTranspose must add to reach the size that the convolution came from. */
function outputPadding(
  attributes: Attributes,
  kernel: readonly number[],
  size: readonly number[],
  out: readonly number[],
): number[] {
  const { strides, dilations, pads } = windowOf(attributes, kernel.length)
  return kernel.map(
    (k, i) =>
      size[i]! -
      (strides[i]! * (out[i]! - 1) + (k - 1) * dilations[i]! + 1 - pads[i]! - pads[i + kernel.length]!),
  )
}

const sameWindow = ({ attributes: { strides, dilations, pads } }: GraphNode): Attributes => ({
  ...(strides && { strides }),
  ...(dilations && { dilations }),
  ...(pads && { pads }),
})

const convGradient: Gradient = ({ node, gradient, g }) => {
  const [x, w] = node.inputs as readonly [Value, Value]
  const kernel = w.shape.slice(2) as number[]
  const output_padding = outputPadding(node.attributes, kernel, spatial(x), spatial(node.outputs[0]!))
  const group = int(node.attributes, 'group', 1)
  const back = g.op('ConvTranspose', [fold(g, gradient), w], {
    kernel_shape: kernel,
    group,
    ...sameWindow(node),
    output_padding,
  })
  return [unfold(g, back, gradient.shape[1]!)]
}

const convTransposeGradient: Gradient = ({ node, gradient, g }) => {
  const w = node.inputs[1]!
  const back = g.op('Conv', [fold(g, gradient), w], {
    kernel_shape: w.shape.slice(2) as number[],
    group: int(node.attributes, 'group', 1),
    ...sameWindow(node),
  })
  const sizes = spatial(node.inputs[0]!)
  const axes = sizes.map((_, i) => i + 2)
  const cut = g.op('Slice', [back], { starts: sizes.map(() => 0), ends: sizes, axes })
  return [unfold(g, cut, gradient.shape[1]!)]
}

/** Repeats one item over the batch of another value. */
const expandBatch = (g: Builder, x: Value, like: Value, rest: readonly number[]): Value => {
  const batch = g.op('Shape', [like], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.constant(int64(rest), 'rest')], { axis: 0 })
  return g.op('ExpandTo', [x, shape], { shape: [-1, ...rest] })
}

/** The windows' maxima tell where each gradient goes; overlapping windows add up. */
function maxPoolGrad(g: Builder, node: GraphNode, gradient: Value, x: Value): Value {
  const [classes, ...rest] = gradient.shape.slice(1) as number[]
  const cells = x.shape.slice(1) as number[]
  const [n, pooled] = [sizeOf(cells), sizeOf(rest)]
  const [, at] = g.multi('MaxPool', [x], node.attributes, 2)
  // ONNX counts through the whole batch.
  const within = g.op('Mod', [at!, g.constant(int64([n], []), 'cells')])
  const one = g.op('Reshape', [within], { shape: [-1, 1, pooled] })
  const indices = g.op('Expand', [one], { shape: [1, classes!, 1] })
  const full =
    gradient.shape[0] === 1 ? expandBatch(g, gradient, x, gradient.shape.slice(1) as number[]) : gradient
  const updates = g.op('Reshape', [full], { shape: [-1, classes!, pooled] })
  const zeros = expandBatch(g, g.constant(float32([1, 1, 1], [0]), 'zero'), x, [classes!, n])
  const sum = g.op('ScatterElements', [zeros, indices, updates], { axis: 2, reduction: 'add' })
  return g.op('Reshape', [sum], { shape: [-1, classes!, ...cells] })
}

/** How many real cells each window covers. */
function counts(
  size: readonly number[],
  out: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  pads: readonly number[],
): number[] {
  const along = out.map((n, axis) =>
    Array.from({ length: n }, (_, i) => {
      const start = i * strides[axis]! - pads[axis]!
      return Math.min(start + kernel[axis]!, size[axis]!) - Math.max(start, 0)
    }),
  )
  return along.reduce<number[]>((product, list) => product.flatMap((a) => list.map((b) => a * b)), [1])
}

/** Each window's gradient, divided by the number of its cells, goes to all of them. */
function averagePoolGrad(g: Builder, { attributes }: GraphNode, gradient: Value): Value {
  const size = ints(attributes, 'size')
  const kernel = ints(attributes, 'kernel_shape')
  const { strides, pads } = windowOf(attributes, kernel.length)
  const [classes, maps, ...out] = gradient.shape.slice(1) as number[]
  const shares = counts(size, out, kernel, strides, pads).map((n) => 1 / n)
  const shared = g.op('Mul', [gradient, g.constant(float32(out, shares), 'shares')])
  const single = g.op('Reshape', [shared], { shape: [-1, 1, ...out] })
  const window = g.constant(float32([1, 1, ...kernel], new Float32Array(sizeOf(kernel)).fill(1)), 'window')
  const spread = g.op('ConvTranspose', [single, window], {
    kernel_shape: kernel,
    strides,
    pads,
    output_padding: outputPadding(attributes, kernel, size, out),
  })
  return g.op('Reshape', [spread], { shape: [-1, classes!, maps!, ...size] })
}

/** Operations with a sliding window over [N,K,…], and the gradients of pooling, which ONNX does not have. */
export const windowOperations: Operations = {
  Conv: { infer: conv, gradient: convGradient, filterAxis: 0 },
  ConvTranspose: { infer: convTranspose, gradient: convTransposeGradient, filterAxis: 1 },
  MaxPool: {
    infer: pool,
    gradient: ({ node, gradient, g }) => {
      spatial(node.inputs[0]!)
      return [g.op('MaxPoolGrad', [gradient, node.inputs[0]!], node.attributes)]
    },
  },
  AveragePool: {
    infer: pool,
    gradient: ({ node, gradient, g }) => [
      g.op('AveragePoolGrad', [gradient], { ...node.attributes, size: spatial(node.inputs[0]!) }),
    ],
  },
  /** Inputs: gradient of the pooled values [B,C,K,…], what was pooled [N,K,…]. */
  MaxPoolGrad: {
    infer: ([g, x]) => ({ dtype: g!.dtype, shape: [x!.shape[0]!, g!.shape[1]!, ...x!.shape.slice(1)] }),
    keepsSum: () => true,
    expand: (g, node, [gradient, x]) => maxPoolGrad(g, node, gradient!, x!),
  },
  AveragePoolGrad: {
    infer: ([g], attributes) => ({
      dtype: g!.dtype,
      shape: [...g!.shape.slice(0, 3), ...ints(attributes, 'size')],
    }),
    keepsSum: (attributes) => int(attributes, 'count_include_pad', 0) === 0,
    expand: (g, node, [gradient]) => averagePoolGrad(g, node, gradient!),
  },
  /** Inputs: [1,…], and a value whose batch it takes; `shape` holds the other sizes. */
  ExpandBatch: {
    infer: ([x, like], attributes) => ({
      dtype: x!.dtype,
      shape: [like!.shape[0]!, ...ints(attributes, 'shape')],
    }),
    expand: (g, { attributes }, [x, like]) => expandBatch(g, x!, like!, ints(attributes, 'shape')),
  },
}
