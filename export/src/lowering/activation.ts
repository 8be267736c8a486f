import type { Layer } from '../layers/model.ts'
import { type Builder, float, type Value } from '../onnx/ir.ts'
import { activationsOf, times } from '../pieces/activations.ts'
import { activate, type Context, type Family, unsupported, weightOf } from './context.ts'

/** Options that Keras 2 writes and tfjs ignores: only their neutral value says the same in both. */
function refuseUnless(layer: Layer, key: string, neutral: number): void {
  if (layer.config.number(key, neutral) !== neutral)
    unsupported(layer, `${key} is ${layer.config.raw(key)}`, `${neutral} (tfjs ignores the option)`)
}

function lowerReLU(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  if (layer.keras === 3) return [generalReLU(layer, x!, g)]
  refuseUnless(layer, 'negative_slope', 0)
  refuseUnless(layer, 'threshold', 0)
  return [clippedReLU(layer, x!, g)]
}

function clippedReLU({ config }: Layer, x: Value, g: Builder): Value {
  const relu = g.op('Relu', [x])
  if (!config.has('max_value')) return relu
  return g.op('Clip', [relu], { min: float(0), max: float(config.number('max_value')) })
}

/** x from the threshold on, at most max_value; below it slope · (x − threshold). */
function generalReLU(layer: Layer, x: Value, g: Builder): Value {
  const { config } = layer
  const [slope, threshold] = [config.number('negative_slope', 0), config.number('threshold', 0)]
  if (slope === 0 && threshold === 0) return clippedReLU(layer, x, g)
  const above = g.op('Cast', [g.op('GreaterOrEqual', [x, g.number(threshold)])], { to: 'float32' })
  const below = g.op('Sub', [g.number(1), above])
  const high = config.has('max_value') ? g.op('Min', [x, g.number(config.number('max_value'))]) : x
  const low = times(times(g.op('Sub', [x, g.number(threshold)]), slope, g), below, g)
  return g.op('Add', [times(high, above, g), low])
}

/** Keras 2 and tfjs call the slope alpha, Keras 3 negative_slope. */
function lowerLeakyReLU(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  const { config } = layer
  const key = config.has('negative_slope') ? 'negative_slope' : 'alpha'
  return [g.op('LeakyRelu', [x!], { alpha: float(config.number(key, 0.3)) })]
}

function lowerELU(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  if (layer.keras === 2) refuseUnless(layer, 'alpha', 1)
  return [g.op('Elu', [x!], { alpha: float(layer.config.number('alpha', 1)) })]
}

/** alpha has the input's shape without the batch, 1 along shared axes. */
function lowerPReLU(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const shared = layer.config.raw('shared_axes')
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
  const axis = layer.config.raw('axis') ?? (layer.keras === 3 ? -1 : 1)
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
      notes: `${Object.keys(activationsOf(2)).join(', ')}; in Keras 3 files with its numbers, and ${Object.keys(
        activationsOf(3),
      )
        .filter((name) => !activationsOf(2)[name])
        .join(', ')}`,
      keepsMask: true,
      anyRank: true,
    },
    ReLU: {
      lower: lowerReLU,
      notes: 'max_value; in Keras 3 files negative_slope and threshold',
      keepsMask: true,
      anyRank: true,
    },
    LeakyReLU: {
      lower: lowerLeakyReLU,
      notes: 'alpha, or negative_slope as Keras 3 calls it',
      anyRank: true,
    },
    PReLU: { lower: lowerPReLU, notes: 'shared_axes', keepsMask: true },
    ELU: {
      lower: lowerELU,
      notes: 'alpha (in Keras 2 files 1, as tfjs)',
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
