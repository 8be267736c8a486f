import type { Layer } from '../layers/model.ts'
import { float, type Tensor, type Value } from '../onnx/ir.ts'
import { float32, map, reshaped, sizeOf } from '../onnx/tensor.ts'
import { type Context, type Family, sizeAt, unsupported, weightOf } from './context.ts'

/** Gamma and beta, or ones and zeros where the layer has none; and how many of them it has. */
function affine(
  layer: Layer,
  context: Context,
  shape: readonly number[],
): { gamma: Tensor; beta: Tensor; next: number } {
  const scale = layer.config.bool('scale', true)
  const center = layer.config.bool('center', true)
  const full = (value: number) => float32(shape, new Float32Array(sizeOf(shape)).fill(value))
  return {
    gamma: scale ? weightOf(layer, context, 'gamma', 0, shape) : full(1),
    beta: center ? weightOf(layer, context, 'beta', scale ? 1 : 0, shape) : full(0),
    next: Number(scale) + Number(center),
  }
}

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

function lowerBatchNormalization(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { g } = context
  const rank = x!.shape.length
  const option = layer.config.raw('axis') ?? -1
  const axis = axisOf(Array.isArray(option) ? (option[0] as number) : (option as number), rank)
  const channels = sizeAt(layer, x!, axis)
  const { gamma, beta, next } = affine(layer, context, [channels])
  const mean = weightOf(layer, context, 'moving_mean', next, [channels])
  const variance = weightOf(layer, context, 'moving_variance', next + 1, [channels])
  // The axis to place 1, where ONNX has it.
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 0 && i !== axis)
  const perm = [0, axis, ...others]
  const moved = axis === 1 ? x! : g.op('Transpose', [x!], { perm })
  const parameters = [
    g.constant(gamma, 'gamma'),
    g.constant(beta, 'beta'),
    g.constant(mean, 'moving_mean'),
    g.constant(variance, 'moving_variance'),
  ]
  const y = g.op('BatchNormalization', [moved, ...parameters], {
    epsilon: float(layer.config.number('epsilon', 1e-3)),
  })
  return [axis === 1 ? y : g.op('Transpose', [y], { perm: perm.map((_, i) => perm.indexOf(i)) })]
}

function lowerLayerNormalization(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  if (layer.config.bool('rms_scaling', false)) unsupported(layer, 'rms_scaling is true', 'false')
  const { g } = context
  const rank = x!.shape.length
  const option = layer.config.raw('axis') ?? -1
  const axes = ((Array.isArray(option) ? option : [option]) as number[]).map((axis) => axisOf(axis, rank))
  const { gamma, beta } = affine(
    layer,
    context,
    axes.map((axis) => sizeAt(layer, x!, axis)),
  )
  const epsilon = layer.config.number('epsilon', 1e-3)
  if (axes.every((axis, i) => axis === rank - axes.length + i)) {
    const inputs = [x!, g.constant(gamma, 'gamma'), g.constant(beta, 'beta')]
    return [g.op('LayerNormalization', inputs, { axis: axes[0]! - rank, epsilon: float(epsilon) })]
  }
  // Axes that are not the last ones in order: by its definition. Parameters are laid out in the order of the axes option.
  const sorted = [...axes].sort((a, b) => a - b)
  const shape = x!.shape.map((d, i) => (axes.includes(i) ? (d as number) : 1))
  const centred = g.op('Sub', [x!, g.op('ReduceMean', [x!], { axes: sorted, keepdims: 1 })])
  const variance = g.op('ReduceMean', [g.op('Mul', [centred, centred])], { axes: sorted, keepdims: 1 })
  const deviation = g.op('Sqrt', [g.op('Add', [variance, g.number(epsilon)])])
  const scaled = g.op('Mul', [g.op('Div', [centred, deviation]), g.constant(reshaped(gamma, shape), 'gamma')])
  return [g.op('Add', [scaled, g.constant(reshaped(beta, shape), 'beta')])]
}

/** (x − mean) / √variance, with the statistics as options or, where they were adapted, as weights. */
function lowerNormalization(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { g } = context
  const { config } = layer
  const rank = x!.shape.length
  const option = config.raw('axis') ?? -1
  const axes = ((Array.isArray(option) ? option : [option]) as number[])
    .map((axis) => axisOf(axis, rank))
    .sort((a, b) => a - b)
  const kept = axes.map((axis) => sizeAt(layer, x!, axis))
  const place = x!.shape.map((d, i) => (axes.includes(i) ? (d as number) : 1))
  const statistic = (key: string, index: number): Tensor => {
    const given = config.raw(key)
    if (given === undefined || given === null)
      return reshaped(weightOf(layer, context, key, index, kept), place)
    const values = [given].flat(8) as number[]
    return values.length === 1 ? float32([], values) : reshaped(float32([values.length], values), place)
  }
  const mean = g.constant(statistic('mean', 0), 'mean')
  // Keras divides by at least 1e-7.
  const deviation = map(statistic('variance', 1), (v) => Math.max(Math.sqrt(v), 1e-7))
  if (config.bool('invert', false))
    return [g.op('Add', [g.op('Mul', [x!, g.constant(deviation, 'deviation')]), mean])]
  return [g.op('Div', [g.op('Sub', [x!, mean]), g.constant(deviation, 'deviation')])]
}

export const normLayers: Family = {
  title: 'Normalisation',
  rows: {
    Normalization: {
      lower: lowerNormalization,
      notes: 'mean and variance as options or weights; axis; invert',
    },
    BatchNormalization: {
      lower: lowerBatchNormalization,
      notes: 'any axis; with or without scale and center',
      keepsMask: true,
    },
    LayerNormalization: {
      lower: lowerLayerNormalization,
      notes: 'one axis or several; with or without scale and center',
      keepsMask: true,
    },
  },
}
