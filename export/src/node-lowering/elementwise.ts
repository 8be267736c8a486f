import { float, type Value } from '../onnx/ir.ts'
import { activationsOf } from '../pieces/activations.ts'
import {
  type Evaluate,
  type NodeContext,
  type NodeFamily,
  type NodeLowering,
  type NodeRow,
  numberOf,
} from './context.ts'
import type { Element } from './known.ts'

/** One ONNX operation on the inputs as they are. */
const plain =
  (op: string, attributes = {}): NodeLowering =>
  (_node, inputs, { g }) => [g.op(op, inputs, attributes)]

/** Of one value, by arithmetic. */
const by =
  (f: (x: Value, context: NodeContext) => Value): NodeLowering =>
  (_node, [x], context) => [f(x!, context)]

const activation = (name: string): NodeRow => ({
  lower: by((x, { g }) => activationsOf(2)[name]!(x, g)),
  layerClass: 'Activation',
})

/** What is known of sizes that are computed with. `N` times 1 is N; of other arithmetic with it nothing is known. */
const each =
  (f: (a: number, b: number) => number, keepsN: (other: Element) => boolean = () => false): Evaluate =>
  ([a, b], { output }) => {
    const n = Math.max(a!.length, b!.length)
    // Scalars and vectors; between matrices places differ.
    if (output.shape.length > 1 && a!.length !== 1 && b!.length !== 1) return undefined
    return Array.from({ length: n }, (_, i): Element => {
      const [x, y] = [a![a!.length === 1 ? 0 : i]!, b![b!.length === 1 ? 0 : i]!]
      if (typeof x === 'number' && typeof y === 'number') return f(x, y)
      if (x === 'N' && keepsN(y)) return 'N'
      return null
    })
  }

const alone =
  (f: (x: number) => number): Evaluate =>
  ([a]) =>
    a!.map((x) => (typeof x === 'number' ? f(x) : null))

const binary = (op: string, evaluate?: Evaluate): NodeRow => ({
  lower: plain(op),
  ...(evaluate && { evaluate }),
})
const comparison = (op: string, f: (a: number, b: number) => boolean): NodeRow =>
  binary(
    op,
    each((a, b) => Number(f(a, b))),
  )
const unary = (op: string, f?: (x: number) => number): NodeRow => ({
  lower: plain(op),
  ...(f && { evaluate: alone(f) }),
})

const isInteger = (x: Value): boolean => x.dtype !== 'float32'

/** tfjs divides whole numbers down to whole numbers; ONNX cuts the fraction off. */
const lowerDiv: NodeLowering = (_node, [a, b], context) => [
  isInteger(a!) ? floorDivided(a!, b!, context) : context.g.op('Div', [a, b]),
]

function floorDivided(a: Value, b: Value, { g }: NodeContext): Value {
  const real = (x: Value) => (isInteger(x) ? g.op('Cast', [x], { to: 'float32' }) : x)
  const quotient = g.op('Floor', [g.op('Div', [real(a), real(b)])])
  return isInteger(a) ? g.op('Cast', [quotient], { to: a.dtype }) : quotient
}

/** a − ⌊a/b⌋ b: with the divisor's sign. */
const lowerFloorMod: NodeLowering = (_node, [a, b], context) => {
  const { g } = context
  if (isInteger(a!)) return [g.op('Mod', [a, b])]
  return [g.op('Sub', [a, g.op('Mul', [floorDivided(a!, b!, context), b])])]
}

/** 0 where it is divided by 0. */
const lowerDivNoNan: NodeLowering = (_node, [a, b], { g }) => {
  const none = g.op('Equal', [b, g.number(0)])
  return [g.op('Where', [none, g.number(0), g.op('Div', [a, g.op('Where', [none, g.number(1), b])])])]
}

const lowerAddN: NodeLowering = (_node, [first, ...rest], { g }) => [
  rest.reduce((sum, x) => g.op('Add', [sum, x]), first!),
]

const lowerCast: NodeLowering = (node, [x], { g }) => {
  const to = node.attributes.type('DstT')
  return [x!.dtype === to ? x! : g.op('Cast', [x], { to })]
}

/** A condition of lower rank chooses whole rows: Select, not SelectV2. */
const lowerSelect: NodeLowering = (node, [condition, a, b], { g }) => {
  const missing = a!.shape.length - condition!.shape.length
  const axes = Array.from({ length: missing }, (_, i) => condition!.shape.length + i)
  const rows = node.op === 'Select' && condition!.shape.length === 1 && missing > 0
  return [g.op('Where', [rows ? g.op('Unsqueeze', [condition], { axes }) : condition, a, b])]
}

const lowerClip: NodeLowering = (node, [x, low, high], context) => [
  context.g.op('Clip', [x], {
    min: float(numberOf(node, low, context, 'lower bound')),
    max: float(numberOf(node, high, context, 'upper bound')),
  }),
]

const chosen: Evaluate = ([condition, a, b]) =>
  condition!.length === 1 && typeof condition![0] === 'number' ? (condition![0] ? a : b) : undefined

const square = (x: Value, { g }: NodeContext): Value => g.op('Mul', [x, x])
const mask = (x: Value, { g }: NodeContext): Value => g.op('Cast', [x], { to: 'float32' })

/** atan2 from atan, by quadrant. */
const lowerAtan2: NodeLowering = (_node, [y, x], { g }) => {
  const zero = g.number(0)
  const angle = g.op('Atan', [g.op('Div', [y, x])])
  const turned = g.op('Where', [
    g.op('GreaterOrEqual', [y, zero]),
    g.op('Add', [angle, g.number(Math.PI)]),
    g.op('Sub', [angle, g.number(Math.PI)]),
  ])
  const right = g.op('Where', [g.op('Less', [x, zero]), turned, angle])
  const upright = g.op('Mul', [g.op('Sign', [y]), g.number(Math.PI / 2)])
  return [g.op('Where', [g.op('Equal', [x, zero]), upright, right])]
}

const isOne = (x: Element): boolean => x === 1
const isZero = (x: Element): boolean => x === 0
const same: Evaluate = ([a]) => a

export const elementwiseNodes: NodeFamily = {
  title: 'Element by element',
  rows: {
    Identity: { lower: (_node, [x]) => [x!], evaluate: same },
    IdentityN: { lower: (_node, inputs) => inputs },
    StopGradient: { lower: (_node, [x]) => [x!], evaluate: same },
    PreventGradient: { lower: (_node, [x]) => [x!], evaluate: same },
    Snapshot: { lower: (_node, [x]) => [x!], evaluate: same },
    PlaceholderWithDefault: { lower: (_node, [x]) => [x!], evaluate: same, notes: 'its default' },
    Relu: activation('relu'),
    Relu6: activation('relu6'),
    Elu: activation('elu'),
    Selu: activation('selu'),
    Sigmoid: activation('sigmoid'),
    Tanh: activation('tanh'),
    Softplus: activation('softplus'),
    LeakyRelu: {
      lower: (node, [x], { g }) => [
        g.op('LeakyRelu', [x], { alpha: float(node.attributes.float('alpha', 0.2)) }),
      ],
      layerClass: 'LeakyReLU',
    },
    Prelu: { lower: plain('PRelu'), layerClass: 'PReLU' },
    Abs: unary('Abs', Math.abs),
    Neg: unary('Neg', (x) => -x),
    Sign: unary('Sign', Math.sign),
    Exp: unary('Exp'),
    Log: unary('Log'),
    Sqrt: unary('Sqrt', Math.sqrt),
    Erf: unary('Erf'),
    Floor: unary('Floor', Math.floor),
    Ceil: unary('Ceil', Math.ceil),
    Round: unary('Round'),
    Reciprocal: unary('Reciprocal'),
    Inv: unary('Reciprocal'),
    Sin: unary('Sin'),
    Cos: unary('Cos'),
    Tan: unary('Tan'),
    Asin: unary('Asin'),
    Acos: unary('Acos'),
    Atan: unary('Atan'),
    Sinh: unary('Sinh'),
    Cosh: unary('Cosh'),
    Asinh: unary('Asinh'),
    Acosh: unary('Acosh'),
    Atanh: unary('Atanh'),
    Atan2: { lower: lowerAtan2 },
    Square: { lower: by(square), evaluate: alone((x) => x * x) },
    Rsqrt: { lower: by((x, { g }) => g.op('Reciprocal', [g.op('Sqrt', [x])])) },
    Expm1: { lower: by((x, { g }) => g.op('Sub', [g.op('Exp', [x]), g.number(1)])) },
    Log1p: { lower: by((x, { g }) => g.op('Log', [g.op('Add', [x, g.number(1)])])) },
    IsNan: { lower: by((x, { g }) => g.op('IsNaN', [x])) },
    ClipByValue: { lower: lowerClip },
    Cast: {
      lower: lowerCast,
      evaluate: ([a], { output }) =>
        a!.map((x) => (typeof x === 'number' && output.dtype === 'int32' ? Math.trunc(x) : x)),
    },
    Add: binary(
      'Add',
      each((a, b) => a + b, isZero),
    ),
    AddV2: binary(
      'Add',
      each((a, b) => a + b, isZero),
    ),
    AddN: { lower: lowerAddN },
    Sub: binary(
      'Sub',
      each((a, b) => a - b, isZero),
    ),
    Mul: binary(
      'Mul',
      each((a, b) => a * b, isOne),
    ),
    RealDiv: {
      lower: lowerDiv,
      evaluate: (inputs, site) =>
        each(site.output.dtype === 'int32' ? (a, b) => Math.floor(a / b) : (a, b) => a / b, isOne)(
          inputs,
          site,
        ),
    },
    Div: { lower: lowerDiv },
    FloorDiv: {
      lower: (_node, [a, b], context) => [floorDivided(a!, b!, context)],
      evaluate: each((a, b) => Math.floor(a / b), isOne),
    },
    FloorMod: { lower: lowerFloorMod, evaluate: each((a, b) => a - Math.floor(a / b) * b) },
    Mod: { lower: lowerFloorMod },
    DivNoNan: { lower: lowerDivNoNan },
    Maximum: binary('Max', each(Math.max)),
    Minimum: binary('Min', each(Math.min)),
    Pow: binary('Pow', each(Math.pow)),
    SquaredDifference: {
      lower: (_node, [a, b], context) => [square(context.g.op('Sub', [a, b]), context)],
    },
    Equal: comparison('Equal', (a, b) => a === b),
    NotEqual: {
      lower: (_node, [a, b], { g }) => [g.op('Not', [g.op('Equal', [a, b])])],
      evaluate: each((a, b) => Number(a !== b)),
    },
    Greater: comparison('Greater', (a, b) => a > b),
    GreaterEqual: comparison('GreaterOrEqual', (a, b) => a >= b),
    Less: comparison('Less', (a, b) => a < b),
    LessEqual: comparison('LessOrEqual', (a, b) => a <= b),
    LogicalAnd: binary(
      'And',
      each((a, b) => a && b),
    ),
    LogicalOr: binary(
      'Or',
      each((a, b) => a || b),
    ),
    LogicalNot: unary('Not', (x) => Number(!x)),
    LogicalXor: {
      lower: (_node, [a, b], context) => [
        context.g.op('Not', [context.g.op('Equal', [mask(a!, context), mask(b!, context)])]),
      ],
    },
    Select: { lower: lowerSelect, evaluate: chosen },
    SelectV2: { lower: lowerSelect, evaluate: chosen },
  },
}
