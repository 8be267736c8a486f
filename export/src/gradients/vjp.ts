import type { GraphBuilder } from '../graph/builder.ts'
import { floatOf, type GraphNode, int, ints, type Value } from '../graph/ir.ts'
import { float32, map, reshaped, scalar, zip } from '../graph/tensor.ts'

/**
 * Vector-Jacobian products of ONNX operations, as ONNX nodes.
 *
 * A value [N,…] has a gradient [B,C,…] with the class whose score is differentiated at axis 1, so that all classes go through
 * the network at once; B is 1 until the gradient depends on the image. Sub-gradients at kinks and ties are those of
 * tfjs's own gradients (Relu at 0: 0; MaxPool at a tie: the first cell in row order; Max along an axis: every tied cell).
 */
export type Vjp = (step: Step) => readonly (Value | undefined)[]

export interface Step {
  readonly node: GraphNode
  /** Gradient of the node's output, [B,C,…]. */
  readonly gradient: Value
  readonly g: GraphBuilder
  /** Whether the gradient of this input is wanted. */
  wants(index: number): boolean
}

const lift = (g: GraphBuilder, value: Value): Value => g.op('Unsqueeze', [value], { axes: [1] })
const number = (g: GraphBuilder, value: number): Value => g.constant(scalar(value))
const times = (g: GraphBuilder, gradient: Value, factor: Value): Value =>
  g.op('Mul', [gradient, lift(g, factor)])

/** An operand of a broadcasting operation, right-aligned under the gradient of the result. */
function operand(g: GraphBuilder, value: Value, rank: number): Value {
  return value.shape.length < rank ? value : lift(g, value)
}

/** Sums a gradient over the axes along which an operand was broadcast. */
function unbroadcast(g: GraphBuilder, gradient: Value, to: Value, rank: number): Value {
  const shape = gradient.shape
  if (to.shape.length !== rank) throw new Error('an operand of lower rank depends on the input')
  const axes = to.shape.flatMap((d, i) => (i > 0 && d === 1 && shape[i + 1] !== 1 ? [i + 1] : []))
  return axes.length > 0 ? g.op('ReduceSum', [gradient], { axes, keepdims: 1 }) : gradient
}

/** A binary operation; `local` gives the factor for each operand (undefined: 1). */
const binary =
  (
    local: (g: GraphBuilder, a: Value, b: Value, y: Value) => readonly [Value | undefined, Value | undefined],
    signs = [1, 1],
  ): Vjp =>
  ({ node, gradient, g, wants }) => {
    const [a, b] = node.inputs as readonly [Value, Value]
    const y = node.outputs[0]!
    const rank = y.shape.length
    return [a, b].map((value, i) => {
      if (!wants(i)) return undefined
      const factor = local(g, a, b, y)[i]
      let out = factor ? g.op('Mul', [gradient, operand(g, factor, rank)]) : gradient
      if (signs[i] === -1) out = g.op('Neg', [out])
      return unbroadcast(g, out, value, rank)
    })
  }

/** A unary operation with derivative `local(x, y)`. */
const unary =
  (local: (g: GraphBuilder, x: Value, y: Value, node: GraphNode) => Value): Vjp =>
  ({ node, gradient, g }) => [times(g, gradient, local(g, node.inputs[0]!, node.outputs[0]!, node))]

const mask = (g: GraphBuilder, condition: Value): Value => g.op('Cast', [condition], { to: 'float32' })
const greater = (g: GraphBuilder, x: Value, than: number): Value => g.op('Greater', [x, number(g, than)])
const plus = (g: GraphBuilder, x: Value, y: number): Value => g.op('Add', [x, number(g, y)])
const oneMinus = (g: GraphBuilder, x: Value): Value => g.op('Sub', [number(g, 1), x])
const mul = (g: GraphBuilder, x: Value, y: Value): Value => g.op('Mul', [x, y])

/** [B,C,K,…] ↔ [B·C,K,…], for operations that know one batch axis only. */
const fold = (g: GraphBuilder, gradient: Value): Value =>
  g.op('Reshape', [gradient], { shape: [-1, ...(gradient.shape.slice(2) as number[])] })
const unfold = (g: GraphBuilder, value: Value, classes: number): Value =>
  g.op('Reshape', [value], { shape: [-1, classes, ...(value.shape.slice(1) as number[])] })

/** What ConvTranspose must add to reach the size that the convolution came from. */
export function outputPadding(
  node: GraphNode,
  kernel: readonly number[],
  size: readonly number[],
  out: readonly number[],
): number[] {
  const ones = kernel.map(() => 1)
  const strides = ints(node.attributes, 'strides', ones)
  const dilations = ints(node.attributes, 'dilations', ones)
  const pads = ints(node.attributes, 'pads', [...ones, ...ones].fill(0))
  return kernel.map(
    (k, i) =>
      size[i]! -
      (strides[i]! * (out[i]! - 1) + (k - 1) * dilations[i]! + 1 - pads[i]! - pads[i + kernel.length]!),
  )
}

const spatial = (value: Value): number[] => {
  const sizes = value.shape.slice(2)
  if (sizes.includes(null)) throw new Error('its input has a free spatial size')
  return sizes as number[]
}

const window = (node: GraphNode) => {
  const { strides, dilations, pads } = node.attributes
  return { ...(strides && { strides }), ...(dilations && { dilations }), ...(pads && { pads }) }
}

/** Along an axis: y · (g − Σ g y). */
const softmax: Vjp = ({ node, gradient, g }) => {
  const y = lift(g, node.outputs[0]!)
  const axis = int(node.attributes, 'axis', -1)
  const at = axis < 0 ? axis : axis + 1
  const rank = gradient.shape.length
  const sum = g.op('ReduceSum', [mul(g, gradient, y)], { axes: [at < 0 ? at + rank : at], keepdims: 1 })
  return [mul(g, g.op('Sub', [gradient, sum]), y)]
}

const reduceMean =
  (share: boolean): Vjp =>
  ({ node, gradient, g }) => {
    const x = node.inputs[0]!
    const axes = ints(node.attributes, 'axes').map((axis) => (axis < 0 ? axis + x.shape.length : axis))
    const kept =
      int(node.attributes, 'keepdims', 1) === 1
        ? gradient
        : g.op('Unsqueeze', [gradient], { axes: axes.map((a) => a + 1).sort((a, b) => a - b) })
    const shape = x.shape.map((d, i) => (axes.includes(i) ? d : 1))
    if (shape.includes(null)) throw new Error('its input has a free spatial size')
    const count = (shape as number[]).reduce((a, b) => a * b, 1)
    const ones = float32([1, ...(shape as number[])], new Float32Array(count).fill(share ? 1 / count : 1))
    return [g.op('Mul', [kept, g.constant(ones, 'spread')])]
  }

/** A maximum along axes: tfjs gives the gradient to every cell that is equal to it. */
const reduceMax: Vjp = ({ node, gradient, g }) => {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!]
  const axes = ints(node.attributes, 'axes')
    .map((axis) => (axis < 0 ? axis + x.shape.length : axis))
    .sort((a, b) => a - b)
  const keep = int(node.attributes, 'keepdims', 1) === 1
  const top = keep ? y : g.op('Unsqueeze', [y], { axes })
  const kept = keep ? gradient : g.op('Unsqueeze', [gradient], { axes: axes.map((axis) => axis + 1) })
  return [times(g, kept, mask(g, g.op('Equal', [x, top])))]
}

const conv: Vjp = ({ node, gradient, g }) => {
  const [x, w] = node.inputs as readonly [Value, Value]
  const kernel = w.shape.slice(2) as number[]
  const output_padding = outputPadding(node, kernel, spatial(x), spatial(node.outputs[0]!))
  const group = int(node.attributes, 'group', 1)
  const back = g.op('ConvTranspose', [fold(g, gradient), w], {
    kernel_shape: kernel,
    group,
    ...window(node),
    output_padding,
  })
  return [unfold(g, back, gradient.shape[1]!)]
}

const convTranspose: Vjp = ({ node, gradient, g }) => {
  const w = node.inputs[1]!
  const back = g.op('Conv', [fold(g, gradient), w], {
    kernel_shape: w.shape.slice(2) as number[],
    group: int(node.attributes, 'group', 1),
    ...window(node),
  })
  const sizes = spatial(node.inputs[0]!)
  const axes = sizes.map((_, i) => i + 2)
  const cut = g.op('Slice', [back], { starts: sizes.map(() => 0), ends: sizes, axes })
  return [unfold(g, cut, gradient.shape[1]!)]
}

const batchNormalization: Vjp = ({ node, gradient, g }) => {
  const [x, scale, , , variance] = node.inputs
  const [s, v] = [g.constantOf(scale), g.constantOf(variance)]
  if (!s || !v) throw new Error('its parameters are not constant')
  const epsilon = floatOf(node.attributes, 'epsilon', 1e-5)
  const factor = zip(
    s,
    map(v, (n) => Math.sqrt(n + epsilon)),
    (a, b) => a / b,
  )
  const shape = [factor.shape[0]!, ...x!.shape.slice(2).map(() => 1)]
  return [mul(g, gradient, g.constant(reshaped(factor, shape), 'slope'))]
}

const concat: Vjp = ({ node, gradient, g, wants }) => {
  const raw = int(node.attributes, 'axis')
  const axis = (raw < 0 ? raw + node.outputs[0]!.shape.length : raw) + 1
  let start = 0
  return node.inputs.map((value, i) => {
    const from = start
    start += value!.shape[axis - 1]!
    return wants(i) ? g.op('Slice', [gradient], { starts: [from], ends: [start], axes: [axis] }) : undefined
  })
}

const pad: Vjp = ({ node, gradient, g }) => {
  const shape = node.inputs[0]!.shape
  const pads = ints(node.attributes, 'pads')
  const axes = shape.map((_, i) => i).filter((i) => pads[i] !== 0 || pads[i + shape.length] !== 0)
  const ends = axes.map((i) => pads[i]! + (shape[i] ?? 0))
  return [
    g.op('Slice', [gradient], { starts: axes.map((i) => pads[i]!), ends, axes: axes.map((i) => i + 1) }),
  ]
}

const slice: Vjp = ({ node, gradient, g }) => {
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

/** Where the operation passes its input on as it is. */
const within = (g: GraphBuilder, x: Value, low: number, high: number): Value =>
  mask(
    g,
    g.op('And', [
      greater(g, x, low),
      high === Infinity ? greater(g, x, low) : g.op('LessOrEqual', [x, number(g, high)]),
    ]),
  )

export const VJPS: Readonly<Record<string, Vjp>> = {
  Identity: ({ gradient }) => [gradient],
  MatMul: ({ node, gradient, g, wants }) => {
    const w = node.inputs[1]!
    if (wants(1) || !g.constantOf(w) || w.shape.length !== 2)
      throw new Error('both of its operands depend on the input')
    return [g.op('MatMul', [gradient, g.op('Transpose', [w], { perm: [1, 0] })])]
  },
  Add: binary(() => [undefined, undefined]),
  Sub: binary(() => [undefined, undefined], [1, -1]),
  Mul: binary((_, a, b) => [b, a]),
  Div: binary((g, a, b) => [g.op('Reciprocal', [b]), g.op('Div', [a, mul(g, b, b)])], [1, -1]),
  // tfjs: the gradient of a tie goes to the first operand.
  Max: binary((g, a, b) => [mask(g, g.op('GreaterOrEqual', [a, b])), mask(g, g.op('Less', [a, b]))]),
  Min: binary((g, a, b) => [mask(g, g.op('LessOrEqual', [a, b])), mask(g, g.op('Greater', [a, b]))]),
  Neg: ({ gradient, g }) => [g.op('Neg', [gradient])],
  Relu: unary((g, _, y) => g.op('Sign', [y])),
  Clip: unary((g, x, _, node) =>
    within(g, x, floatOf(node.attributes, 'min', -Infinity), floatOf(node.attributes, 'max', Infinity)),
  ),
  LeakyRelu: unary((g, x, _, node) =>
    g.op('Where', [greater(g, x, 0), number(g, 1), number(g, floatOf(node.attributes, 'alpha', 0.01))]),
  ),
  PRelu: unary((g, x, _, node) => g.op('Where', [greater(g, x, 0), number(g, 1), node.inputs[1]!])),
  // y + α is α eˣ where x ≤ 0
  Elu: unary((g, x, y, node) =>
    g.op('Where', [greater(g, x, 0), number(g, 1), plus(g, y, floatOf(node.attributes, 'alpha', 1))]),
  ),
  Selu: unary((g, x, y) =>
    g.op('Where', [greater(g, x, 0), number(g, SELU_SCALE), plus(g, y, SELU_SCALE * SELU_ALPHA)]),
  ),
  Sigmoid: unary((g, _, y) => mul(g, y, oneMinus(g, y))),
  HardSigmoid: unary((g, _, y, node) => {
    const inside = g.op('And', [greater(g, y, 0), g.op('Less', [y, number(g, 1)])])
    return mul(g, mask(g, inside), number(g, floatOf(node.attributes, 'alpha', 0.2)))
  }),
  Tanh: unary((g, _, y) => oneMinus(g, mul(g, y, y))),
  Softplus: unary((g, x) => g.op('Sigmoid', [x])),
  Softsign: unary((g, x) => {
    const under = plus(g, g.op('Abs', [x]), 1)
    return g.op('Reciprocal', [mul(g, under, under)])
  }),
  Exp: unary((_, __, y) => y),
  Erf: unary((g, x) => mul(g, g.op('Exp', [g.op('Neg', [mul(g, x, x)])]), number(g, 2 / Math.sqrt(Math.PI)))),
  Softmax: softmax,
  Transpose: ({ node, gradient, g }) => {
    const perm = ints(node.attributes, 'perm')
    if (perm[0] !== 0) throw new Error('it moves the batch')
    return [
      g.op('Transpose', [gradient], {
        perm: [0, 1, ...perm.slice(1).map((_, i) => perm.indexOf(i + 1) + 1)],
      }),
    ]
  },
  Reshape: ({ node, gradient, g }) => {
    const shape = node.inputs[0]!.shape.slice(1)
    if (shape.includes(null) || node.outputs[0]!.shape[0] !== null)
      throw new Error('it does not keep the batch')
    return [g.op('Reshape', [gradient], { shape: [-1, gradient.shape[1]!, ...(shape as number[])] })]
  },
  Concat: concat,
  Pad: pad,
  Slice: slice,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: ({ node, gradient, g }) => {
    spatial(node.inputs[0]!)
    return [g.op('MaxPoolGrad', [gradient, node.inputs[0]!], node.attributes)]
  },
  AveragePool: ({ node, gradient, g }) => [
    g.op('AveragePoolGrad', [gradient], { ...node.attributes, size: spatial(node.inputs[0]!) }),
  ],
  ReduceMean: reduceMean(true),
  ReduceSum: reduceMean(false),
  ReduceMax: reduceMax,
  BatchNormalization: batchNormalization,
}

// Klambauer et al. 2017
const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805
