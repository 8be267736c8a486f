import type { Layer } from '../layers/model.ts'
import type { Builder, Value } from '../onnx/ir.ts'
import { type Context, type Family, type Lowering, unsupported } from './context.ts'

/** Inputs of lower rank get axes of size 1 behind the batch. */
function sameRank(g: Builder, inputs: readonly Value[]): Value[] {
  const rank = Math.max(...inputs.map((x) => x.shape.length))
  return inputs.map((x) => {
    const missing = rank - x.shape.length
    return missing === 0
      ? x
      : g.op('Unsqueeze', [x], { axes: Array.from({ length: missing }, (_, i) => i + 1) })
  })
}

const fold =
  (
    op: 'Add' | 'Sub' | 'Mul' | 'Max' | 'Min',
    finish: (g: Builder, sum: Value, count: number) => Value = (_, sum) => sum,
  ): Lowering =>
  (_layer, inputs, context) => {
    const [first, ...rest] = sameRank(context.g, inputs)
    const all = rest.reduce((sum, x) => context.g.op(op, [sum, x]), first!)
    return [finish(context.g, all, inputs.length)]
  }

function lowerConcatenate(layer: Layer, inputs: readonly Value[], context: Context): Value[] {
  const axis = layer.config.number('axis', -1)
  return [context.g.op('Concat', inputs, { axis: axis < 0 ? axis + inputs[0]!.shape.length : axis })]
}

/** x / √max(Σx², ε), with Keras's ε. */
function normalised(g: Builder, x: Value, axis: number): Value {
  const sum = g.op('ReduceSum', [g.op('Mul', [x, x])], { axes: [axis], keepdims: 1 })
  return g.op('Div', [x, g.op('Sqrt', [g.op('Max', [sum, g.number(1e-7)])])])
}

/** Σ over one axis of each input, per item of the batch; of vectors and matrices. */
function lowerDot(layer: Layer, inputs: readonly Value[], { g }: Context): Value[] {
  const option = layer.config.raw('axes')
  const list = (Array.isArray(option) ? option : [option, option]) as number[]
  const axes = list.map((axis, i) => (axis < 0 ? axis + inputs[i]!.shape.length : axis))
  const [x, y] = inputs.map((value, i) =>
    layer.config.bool('normalize', false) ? normalised(g, value, axes[i]!) : value,
  ) as [Value, Value]
  const [xr, yr] = [x.shape.length, y.shape.length]
  if (xr > 3 || yr > 3) unsupported(layer, `its inputs have ${xr} and ${yr} axes`, 'vectors and matrices')
  if (xr === 2 && yr === 2) {
    if (axes[0] !== axes[1]) unsupported(layer, `axes [${axes}] of two vectors`, 'the same axis')
    return [g.op('ReduceSum', [g.op('Mul', [x, y])], { axes: [axes[0]!], keepdims: 1 })]
  }
  const swap = (value: Value) => g.op('Transpose', [value], { perm: [0, 2, 1] })
  if (axes.some((axis) => axis === 0)) unsupported(layer, 'axes names the batch', 'axes 1 and 2')
  const left = xr === 2 ? g.op('Unsqueeze', [x], { axes: [1] }) : axes[0] === 2 ? x : swap(x)
  const right = yr === 2 ? g.op('Unsqueeze', [y], { axes: [2] }) : axes[1] === 1 ? y : swap(y)
  const product = g.op('MatMul', [left, right])
  if (xr === yr) return [product]
  return [g.op('Squeeze', [product], { axes: [xr === 2 ? 1 : 2] })]
}

export const mergeLayers: Family = {
  title: 'Merging',
  rows: {
    Add: { lower: fold('Add'), notes: 'with broadcasting' },
    Subtract: { lower: fold('Sub'), notes: 'with broadcasting' },
    Multiply: { lower: fold('Mul'), notes: 'with broadcasting' },
    Average: {
      lower: fold('Add', (g, sum, n) => g.op('Mul', [sum, g.number(1 / n)])),
      notes: 'with broadcasting',
    },
    Maximum: { lower: fold('Max'), notes: 'with broadcasting' },
    Minimum: { lower: fold('Min'), notes: 'with broadcasting' },
    Concatenate: { lower: lowerConcatenate, notes: 'any axis' },
    Dot: { lower: lowerDot, notes: 'axes; normalize; vectors and matrices' },
  },
}
