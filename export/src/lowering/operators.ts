import type { Layer } from '../layers/model.ts'
import type { Value } from '../onnx/ir.ts'
import { type Context, type Family, unsupported } from './context.ts'

/** What Keras 2 calls them: operators of Python are `math.*` where the tensor is first, and `__operators__.add`. */
const ARITHMETIC = {
  '__operators__.add': 'Add',
  'math.add': 'Add',
  'math.subtract': 'Sub',
  'math.multiply': 'Mul',
  'math.truediv': 'Div',
  'math.divide': 'Div',
} as const

/** x ∘ y, where y is a tensor or a number of the call. */
function lowerOperation(layer: Layer, [x, y]: readonly Value[], { g }: Context): Value[] {
  const names = Object.keys(ARITHMETIC) as (keyof typeof ARITHMETIC)[]
  const op = ARITHMETIC[layer.config.choice('function', names)]
  if (x!.dtype !== 'float32') unsupported(layer, `its input is ${x!.dtype}`, 'float32')
  return [g.op(op, [x!, y ?? g.number(layer.config.number('y'))])]
}

export const operationLayers: Family = {
  title: 'Operators of Keras 2',
  rows: {
    TFOpLambda: {
      lower: lowerOperation,
      notes: '+, −, × and ÷ of a tensor by a tensor or a number: functional models of Keras 2 alone',
    },
  },
}
