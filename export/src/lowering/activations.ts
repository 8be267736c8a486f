import { type Builder, float, type Value } from '../onnx/ir.ts'

type Apply = (x: Value, g: Builder) => Value

export const times = (x: Value, y: Value | number, g: Builder): Value =>
  g.op('Mul', [x, typeof y === 'number' ? g.number(y) : y])
const plus = (x: Value, y: number, g: Builder): Value => g.op('Add', [x, g.number(y)])

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
