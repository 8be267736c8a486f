import { type Builder, float, type Value } from '../onnx/ir.ts'

type Apply = (x: Value, g: Builder) => Value

export const times = (x: Value, y: Value | number, g: Builder): Value =>
  g.op('Mul', [x, typeof y === 'number' ? g.number(y) : y])
const plus = (x: Value, y: number, g: Builder): Value => g.op('Add', [x, g.number(y)])

/** Every activation that tfjs-layers knows, as its own arithmetic (tfjs-layers src/activations.ts). */
const TFJS: Readonly<Record<string, Apply>> = {
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

const leaky =
  (alpha: number): Apply =>
  (x, g) =>
    g.op('LeakyRelu', [x], { alpha: float(alpha) })
const hardSigmoid: Apply = (x, g) => g.op('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) })
const hardSilu: Apply = (x, g) => times(x, hardSigmoid(x, g), g)
/** x where |x| is above ½, else 0; `soft`: moved ½ towards 0. */
const shrink =
  (soft: boolean): Apply =>
  (x, g) => {
    const beyond = g.op('Cast', [g.op('Greater', [g.op('Abs', [x]), g.number(0.5)])], { to: 'float32' })
    const kept = soft ? g.op('Sub', [x, times(g.op('Sign', [x]), 0.5, g)]) : x
    return times(kept, beyond, g)
  }

/** Keras 3's own, and those whose numbers it changed (keras/src/activations/activations.py, 3.15). */
const KERAS_3: Readonly<Record<string, Apply>> = {
  ...TFJS,
  // relu6(x + 3) / 6; Keras 2: 0.2 x + 0.5
  hard_sigmoid: hardSigmoid,
  silu: TFJS.swish!,
  hard_silu: hardSilu,
  hard_swish: hardSilu,
  exponential: (x, g) => g.op('Exp', [x]),
  leaky_relu: leaky(0.2),
  // max(0, x) + min(0, eˣ − 1): elu with alpha 1
  celu: TFJS.elu!,
  squareplus: (x, g) => {
    const root = g.op('Sqrt', [plus(times(x, x, g), 4, g)])
    return times(g.op('Add', [x, root]), 0.5, g)
  },
  hard_tanh: (x, g) => g.op('Clip', [x], { min: float(-1), max: float(1) }),
  hard_shrink: shrink(false),
  soft_shrink: shrink(true),
  tanh_shrink: (x, g) => g.op('Sub', [x, g.op('Tanh', [x])]),
  log_sigmoid: (x, g) => g.op('Neg', [g.op('Softplus', [g.op('Neg', [x])])]),
}

/** Activations by the names that a version of Keras gives them; Keras 2 and tfjs mean the same. */
export const activationsOf = (keras: 2 | 3): Readonly<Record<string, Apply>> =>
  keras === 3 ? KERAS_3 : KERAS_2

/** Names that Keras 2 has and tfjs has not. */
const KERAS_2: Readonly<Record<string, Apply>> = {
  ...TFJS,
  silu: TFJS.swish!,
  exponential: KERAS_3.exponential!,
}
