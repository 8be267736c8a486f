import type { Layer } from '../layers/model.ts'
import { float, type Value } from '../onnx/ir.ts'
import { ACTIVATIONS, times } from './activations.ts'
import { activate, type Context, type Family, unsupported, weightOf } from './context.ts'

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

export const activationLayers: Family = {
  title: 'Activations',
  rows: {
    Activation: {
      lower: (layer, [x], context) => [activate(layer, x!, context)],
      notes: Object.keys(ACTIVATIONS).join(', '),
      keepsMask: true,
      anyRank: true,
    },
    ReLU: { lower: lowerReLU, notes: 'max_value', keepsMask: true, anyRank: true },
    LeakyReLU: {
      lower: (layer, [x], { g }) => [
        g.op('LeakyRelu', [x!], { alpha: float(layer.config.number('alpha', 0.3)) }),
      ],
      notes: 'alpha',
      anyRank: true,
    },
    PReLU: { lower: lowerPReLU, notes: 'shared_axes', keepsMask: true },
    ELU: {
      lower: (layer, [x], { g }) => {
        refuseUnless(layer, 'alpha', 1)
        return [g.op('Elu', [x!], { alpha: float(1) })]
      },
      notes: 'alpha 1, as tfjs',
      anyRank: true,
    },
    ThresholdedReLU: {
      lower: (layer, [x], { g }) => {
        const theta = g.number(layer.config.number('theta', 1), 'theta')
        return [times(x!, g.op('Cast', [g.op('Greater', [x!, theta])], { to: 'float32' }), g)]
      },
      notes: 'theta',
    },
    Softmax: { lower: lowerSoftmax, notes: 'one axis or several; not in a model with masks' },
  },
}
