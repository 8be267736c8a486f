import { type Builder, type DType, floatOf, type GraphNode, type Value } from '../ir.ts'
import {
  broadcast,
  type Fold,
  type Gradient,
  type Infer,
  lift,
  mask,
  mul,
  type Operation,
  type Operations,
  same,
  times,
} from '../operation.ts'
import { map, zip } from '../tensor.ts'

const pair: Infer = ([a, b]) => ({ dtype: a!.dtype, shape: broadcast(a!.shape, b!.shape) })
const compared: Infer = ([a, b]) => ({ dtype: 'bool', shape: broadcast(a!.shape, b!.shape) })
const each = (rest: Partial<Operation> = {}): Operation => ({ infer: same, axes: 'each', ...rest })
const both = (rest: Partial<Operation> = {}): Operation => ({ infer: pair, axes: 'broadcast', ...rest })
const flat = () => true
const comparison: Operation = { infer: compared, axes: 'broadcast', flat }

/** An operand of a broadcasting operation, right-aligned under the gradient of the result. */
function operand(g: Builder, value: Value, rank: number): Value {
  return value.shape.length < rank ? value : lift(g, value)
}

/** Sums a gradient over the axes along which an operand was broadcast. */
function unbroadcast(g: Builder, gradient: Value, to: Value, rank: number): Value {
  const shape = gradient.shape
  if (to.shape.length !== rank) throw new Error('an operand of lower rank depends on the input')
  const axes = to.shape.flatMap((d, i) => (i > 0 && d === 1 && shape[i + 1] !== 1 ? [i + 1] : []))
  return axes.length > 0 ? g.op('ReduceSum', [gradient], { axes, keepdims: 1 }) : gradient
}

/** A binary operation; `local` gives the factor for each operand (undefined: 1). */
const binary =
  (
    local: (g: Builder, a: Value, b: Value, y: Value) => readonly [Value | undefined, Value | undefined],
    signs = [1, 1],
  ): Gradient =>
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
  (local: (g: Builder, x: Value, y: Value, node: GraphNode) => Value): Gradient =>
  ({ node, gradient, g }) => [times(g, gradient, local(g, node.inputs[0]!, node.outputs[0]!, node))]

const greater = (g: Builder, x: Value, than: number): Value => g.op('Greater', [x, g.number(than)])
const plus = (g: Builder, x: Value, y: number): Value => g.op('Add', [x, g.number(y)])
const oneMinus = (g: Builder, x: Value): Value => g.op('Sub', [g.number(1), x])

/** Where the operation passes its input on as it is. */
const within = (g: Builder, x: Value, low: number, high: number): Value =>
  mask(
    g,
    g.op('And', [
      greater(g, x, low),
      high === Infinity ? greater(g, x, low) : g.op('LessOrEqual', [x, g.number(high)]),
    ]),
  )

const folded =
  (f: (x: number) => number): Fold =>
  ([a]) =>
    map(a!, f)
const zipped =
  (f: (x: number, y: number) => number): Fold =>
  ([a, b]) =>
    zip(a!, b!, f)

// Klambauer et al. 2017
const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805

/** Operations on one value, the same for every element. */
export const unaryOperations: Operations = {
  Identity: { infer: same, gradient: ({ gradient }) => [gradient], neutral: () => true, passesScores: true },
  Neg: each({ gradient: ({ gradient, g }) => [g.op('Neg', [gradient])], fold: folded((x) => -x) }),
  Abs: each({ gradient: unary((g, x) => g.op('Sign', [x])) }),
  Reciprocal: each({ gradient: unary((g, _, y) => g.op('Neg', [mul(g, y, y)])) }),
  Sqrt: each({
    fold: folded(Math.sqrt),
    gradient: unary((g, _, y) => g.op('Div', [g.number(0.5), y])),
  }),
  Exp: each({ gradient: unary((_, __, y) => y) }),
  Log: each({ gradient: unary((g, x) => g.op('Reciprocal', [x])) }),
  Erf: each({
    gradient: unary((g, x) => {
      const slope = g.op('Exp', [g.op('Neg', [mul(g, x, x)])])
      return mul(g, slope, g.number(2 / Math.sqrt(Math.PI)))
    }),
  }),
  Sign: each({ flat }),
  Round: each({ flat }),
  Floor: each({ flat }),
  Ceil: each({ flat }),
  Sin: each({ gradient: unary((g, x) => g.op('Cos', [x])) }),
  Cos: each({ gradient: unary((g, x) => g.op('Neg', [g.op('Sin', [x])])) }),
  Tan: each(),
  Asin: each(),
  Acos: each(),
  Atan: each(),
  Sinh: each(),
  Cosh: each(),
  Asinh: each(),
  Acosh: each(),
  Atanh: each(),
  IsNaN: { infer: ([x]) => ({ dtype: 'bool', shape: x!.shape }), axes: 'each' },
  Not: each({ flat }),
  Cast: {
    infer: ([x], { to }) => ({ dtype: to as DType, shape: x!.shape }),
    axes: 'each',
    flat: ([x]) => x?.dtype !== 'float32',
    gradient: ({ node, gradient }) => (node.attributes.to === 'float32' ? [gradient] : []),
  },
  DequantizeLinear: { infer: ([x]) => ({ dtype: 'float32', shape: x!.shape }) },
  Relu: each({
    gradient: unary((g, _, y) => g.op('Sign', [y])),
    fold: folded((x) => Math.max(0, x)),
  }),
  Clip: each({
    gradient: unary((g, x, _, node) =>
      within(g, x, floatOf(node.attributes, 'min', -Infinity), floatOf(node.attributes, 'max', Infinity)),
    ),
    fold: ([a], attributes) =>
      map(a!, (x) =>
        Math.min(floatOf(attributes, 'max', Infinity), Math.max(floatOf(attributes, 'min', -Infinity), x)),
      ),
    write: (attributes, _, g) => {
      const bound = (key: string) =>
        attributes[key] === undefined ? undefined : g.number(floatOf(attributes, key), key)
      return { inputs: [bound('min'), bound('max')], attributes: {} }
    },
  }),
  LeakyRelu: each({
    gradient: unary((g, x, _, node) =>
      g.op('Where', [greater(g, x, 0), g.number(1), g.number(floatOf(node.attributes, 'alpha', 0.01))]),
    ),
  }),
  // y + α is α eˣ where x ≤ 0
  Elu: each({
    gradient: unary((g, x, y, node) =>
      g.op('Where', [greater(g, x, 0), g.number(1), plus(g, y, floatOf(node.attributes, 'alpha', 1))]),
    ),
  }),
  Selu: each({
    gradient: unary((g, x, y) =>
      g.op('Where', [greater(g, x, 0), g.number(SELU_SCALE), plus(g, y, SELU_SCALE * SELU_ALPHA)]),
    ),
  }),
  Sigmoid: each({ gradient: unary((g, _, y) => mul(g, y, oneMinus(g, y))), squashes: true }),
  HardSigmoid: each({
    gradient: unary((g, _, y, node) => {
      const inside = g.op('And', [greater(g, y, 0), g.op('Less', [y, g.number(1)])])
      return mul(g, mask(g, inside), g.number(floatOf(node.attributes, 'alpha', 0.2)))
    }),
  }),
  HardSwish: each(),
  Tanh: each({ gradient: unary((g, _, y) => oneMinus(g, mul(g, y, y))) }),
  Softplus: each({ gradient: unary((g, x) => g.op('Sigmoid', [x])) }),
  Softsign: each({
    gradient: unary((g, x) => {
      const under = plus(g, g.op('Abs', [x]), 1)
      return g.op('Reciprocal', [mul(g, under, under)])
    }),
  }),
  Mish: each({ since: 18 }),
  Gelu: each({ since: 20 }),
}

/** Operations on two values or three, with numpy's broadcasting. */
export const broadcastOperations: Operations = {
  Add: both({
    passesScores: true,
    gradient: binary(() => [undefined, undefined]),
    fold: zipped((x, y) => x + y),
  }),
  Sub: both({ gradient: binary(() => [undefined, undefined], [1, -1]), fold: zipped((x, y) => x - y) }),
  Mul: both({ passesScores: true, gradient: binary((_, a, b) => [b, a]), fold: zipped((x, y) => x * y) }),
  Div: both({
    passesScores: true,
    gradient: binary((g, a, b) => [g.op('Reciprocal', [b]), g.op('Div', [a, mul(g, b, b)])], [1, -1]),
    fold: zipped((x, y) => x / y),
  }),
  Pow: both(),
  Mod: both(),
  // tfjs: the gradient of a tie goes to the first operand.
  Max: both({
    gradient: binary((g, a, b) => [mask(g, g.op('GreaterOrEqual', [a, b])), mask(g, g.op('Less', [a, b]))]),
  }),
  Min: both({
    gradient: binary((g, a, b) => [mask(g, g.op('LessOrEqual', [a, b])), mask(g, g.op('Greater', [a, b]))]),
  }),
  And: both({ flat }),
  Or: both({ flat }),
  Equal: comparison,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  PRelu: {
    infer: same,
    axes: 'onto-first',
    gradient: unary((g, x, _, node) => g.op('Where', [greater(g, x, 0), g.number(1), node.inputs[1]!])),
  },
  Where: {
    infer: ([c, a, b]) => ({
      dtype: a!.dtype,
      shape: broadcast(c!.shape, broadcast(a!.shape, b!.shape)),
    }),
    // tfjs hands the gradient of each cell to the operand that was chosen there.
    gradient: ({ node, gradient, g, wants }) => {
      const [c, a, b] = node.inputs as readonly [Value, Value, Value]
      const rank = node.outputs[0]!.shape.length
      return [c, a, b].map((value, i) => {
        if (i === 0 || !wants(i)) return undefined
        const chosen = mask(g, i === 1 ? c : g.op('Not', [c]))
        return unbroadcast(g, mul(g, gradient, operand(g, chosen, rank)), value, rank)
      })
    },
  },
}
