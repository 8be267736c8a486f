import type { GraphBuilder } from '../graph/builder.ts'
import { float, type Value } from '../graph/ir.ts'
import { scalar } from '../graph/tensor.ts'
import { isObject } from '../layers/config.ts'
import type { Layer } from '../layers/model.ts'
import { type Context, type Family, unsupported, weightOf } from './context.ts'

type Apply = (x: Value, g: GraphBuilder) => Value

const times = (x: Value, y: Value | number, g: GraphBuilder): Value =>
  g.op('Mul', [x, typeof y === 'number' ? g.constant(scalar(y)) : y])
const plus = (x: Value, y: number, g: GraphBuilder): Value => g.op('Add', [x, g.constant(scalar(y))])

/** Every activation that tfjs-layers knows, as its own arithmetic (tfjs-layers src/activations.ts). */
export const ACTIVATIONS: Readonly<Record<string, Apply>> = {
  linear: (x) => x,
  relu: (x, g) => g.op('Relu', [x]),
  relu6: (x, g) => g.op('Clip', [x], { min: float(0), max: float(6) }),
  sigmoid: (x, g) => g.op('Sigmoid', [x]),
  tanh: (x, g) => g.op('Tanh', [x]),
  softmax: (x, g) => g.op('Softmax', [x], { axis: -1 }),
  log_softmax: (x, g) => g.op('LogSoftmax', [x], { axis: -1 }),
  elu: (x, g) => g.op('Elu', [x], { alpha: float(1) }),
  selu: (x, g) => g.op('Selu', [x]),
  softplus: (x, g) => g.op('Softplus', [x]),
  softsign: (x, g) => g.op('Softsign', [x]),
  // max(0, min(1, 0.2 x + 0.5))
  hard_sigmoid: (x, g) => g.op('HardSigmoid', [x], { alpha: float(0.2), beta: float(0.5) }),
  swish: (x, g) => times(g.op('Sigmoid', [x]), x, g),
  mish: (x, g) => times(x, g.op('Tanh', [g.op('Softplus', [x])]), g),
  // x Φ(x)
  gelu: (x, g) => times(x, times(plus(g.op('Erf', [times(x, Math.SQRT1_2, g)]), 1, g), 0.5, g), g),
  // Hendrycks & Gimpel 2016, the tanh approximation
  gelu_new: (x, g) => {
    const cubed = times(times(x, x, g), x, g)
    const inner = times(g.op('Add', [x, times(cubed, 0.044715, g)]), Math.sqrt(2 / Math.PI), g)
    return times(times(x, plus(g.op('Tanh', [inner]), 1, g), g), 0.5, g)
  },
}

/** Applies the activation that an option names: a string, or `{class_name, config}`. */
export function activate(
  layer: Layer,
  x: Value,
  { g }: Context,
  key = 'activation',
  fallback = 'linear',
): Value {
  const option = layer.config.json[key] ?? fallback
  const name = isObject(option) ? option.class_name : option
  const apply = typeof name === 'string' ? ACTIVATIONS[name] : undefined
  return apply
    ? apply(x, g)
    : unsupported(layer, `${key} is ${JSON.stringify(name)}`, Object.keys(ACTIVATIONS).join(', '))
}

/** Options that Keras writes and tfjs ignores: only their neutral value says the same in both. */
function refuseUnless(layer: Layer, key: string, neutral: number): void {
  if (layer.config.number(key, neutral) !== neutral)
    unsupported(layer, `${key} is ${layer.config.json[key]}`, `${neutral} (tfjs ignores the option)`)
}

function lowerReLU(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  refuseUnless(layer, 'negative_slope', 0)
  refuseUnless(layer, 'threshold', 0)
  const relu = g.op('Relu', [x!])
  return [
    layer.config.has('max_value')
      ? g.op('Clip', [relu], { min: float(0), max: float(layer.config.number('max_value')) })
      : relu,
  ]
}

/** alpha has the input's shape without the batch, 1 along shared axes. */
function lowerPReLU(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const shared = layer.config.json.shared_axes
  const axes = Array.isArray(shared) ? shared : shared === undefined || shared === null ? [] : [shared]
  const shape = x!.shape.slice(1).map((d, i) => (axes.includes(i + 1) ? 1 : d))
  return [
    context.g.op('PRelu', [x!, context.g.constant(weightOf(layer, context, 'alpha', 0, shape), 'alpha')]),
  ]
}

function lowerSoftmax(layer: Layer, [x]: readonly Value[], { g, masks }: Context): Value[] {
  // tfjs lowers masked scores by 1e9, with the mask of whichever layer had one last.
  if (masks.size > 0)
    unsupported(layer, 'the model has masks', 'a model without masks, or the activation softmax')
  // tfjs's default is 1, unlike Keras's; every saved file names it.
  const axis = layer.config.json.axis ?? 1
  const axes = (Array.isArray(axis) ? axis : [axis]) as number[]
  if (axes.length === 1) return [g.op('Softmax', [x!], { axis: axes[0]! })]
  const list = axes.map((a) => (a < 0 ? a + x!.shape.length : a)).sort((a, b) => a - b)
  const top = g.op('ReduceMax', [x!], { axes: list, keepdims: 1 })
  const exp = g.op('Exp', [g.op('Sub', [x!, top])])
  return [g.op('Div', [exp, g.op('ReduceSum', [exp], { axes: list, keepdims: 1 })])]
}

export const activationOps: Family = {
  Activation: {
    lower: (layer, [x], context) => [activate(layer, x!, context)],
    notes: Object.keys(ACTIVATIONS).join(', '),
  },
  ReLU: { lower: lowerReLU, notes: 'max_value' },
  LeakyReLU: {
    lower: (layer, [x], { g }) => [
      g.op('LeakyRelu', [x!], { alpha: float(layer.config.number('alpha', 0.3)) }),
    ],
    notes: 'alpha',
  },
  PReLU: { lower: lowerPReLU, notes: 'shared_axes' },
  ELU: {
    lower: (layer, [x], { g }) => {
      refuseUnless(layer, 'alpha', 1)
      return [g.op('Elu', [x!], { alpha: float(1) })]
    },
    notes: 'alpha 1, as tfjs',
  },
  ThresholdedReLU: {
    lower: (layer, [x], { g }) => {
      const theta = g.constant(scalar(layer.config.number('theta', 1)), 'theta')
      return [times(x!, g.op('Cast', [g.op('Greater', [x!, theta])], { to: 'float32' }), g)]
    },
    notes: 'theta',
  },
  Softmax: { lower: lowerSoftmax, notes: 'one axis or several; not in a model with masks' },
}
