import type { Builder, Grid, Tensor, Value } from '../../onnx/ir.ts'
import { float32, scalar } from '../../onnx/tensor.ts'
import type { Rule } from '../rule.ts'
import { half, isLarge } from './half-weights.ts'

/** How weights that stay integers become numbers again. */
export type KeptForm = 'fold' | 'dequantize'

type Integers = Extract<Grid, { scale: readonly number[] }>

/** The operation set that first has DequantizeLinear of 16-bit integers. */
const SINCE_UINT16 = 21
/** The largest part of a step that a zero point may be off an integer to be taken for one. */
const NEARLY = 1e-3

/**
 * Stores weights as tfjs's file has them, as halves or 8- or 16-bit integers, with what makes numbers of them.
 *
 * `fold`: Cast, Sub and Mul, which ONNX Runtime computes once, when it loads the file. `dequantize`: DequantizeLinear, which it computes in
 * each run by default, where the form allows it: the zero point an integer, no matrix (ONNX Runtime 1.30 multiplies by a dequantised matrix
 * with 8-bit inputs, which moves scores by 2e-3), 16 bits from operation set 21 on. All else is written as for `fold`.
 */
export const keepQuantised = (form: KeptForm, opset: number): Rule => {
  const made = new Map<string, Value | undefined>()
  return (node, inputs, { g }) => {
    const isMatrix = node.op === 'MatMul' || node.op === 'Gemm' || node.op === 'Transpose'
    const kept = inputs.map((value) => {
      const tensor = g.constantOf(value)
      if (!value || !tensor?.grid || !isLarge(tensor)) return value
      const dequantize = form === 'dequantize' && !isMatrix && hasDequantize(tensor.grid, opset)
      const key = `${dequantize} ${value.name}`
      if (!made.has(key)) made.set(key, widened(g, value, tensor, dequantize))
      return made.get(key) ?? value
    })
    return kept.every((value, i) => value === inputs[i])
      ? undefined
      : g.multi(node.op, kept, node.attributes, node.outputs.length)
  }
}

const nearest = ({ zero }: Integers): number | undefined => {
  const integer = Math.round(zero)
  return Math.abs(integer - zero) < NEARLY ? integer : undefined
}

function hasDequantize(grid: Grid, opset: number): boolean {
  if (grid.dtype === 'float16' || (grid.dtype === 'uint16' && opset < SINCE_UINT16)) return false
  // A normalisation may turn a channel over, or switch it off.
  if (grid.scale.some((scale) => scale <= 0)) return false
  const zero = nearest(grid)
  return zero !== undefined && zero >= 0 && zero < 256 ** bytesOf(grid)
}

const bytesOf = ({ dtype }: Integers): 1 | 2 => (dtype === 'uint8' ? 1 : 2)

function widened(g: Builder, value: Value, tensor: Tensor, dequantize: boolean): Value | undefined {
  const grid = tensor.grid!
  g.scope = ''
  if (grid.dtype === 'float16') {
    const bits = half(tensor)
    return bits && g.op('Cast', [stored(g, bits, `${value.name}/half`)], { to: 'float32' })
  }
  const integers = integersOf(tensor, grid)
  if (!integers) return undefined
  const from = stored(g, integers, `${value.name}/${grid.dtype}`)
  const zero = nearest(grid) ?? grid.zero
  g.scope = value.name
  if (dequantize) {
    const shape = grid.axis === undefined ? [] : [grid.scale.length]
    const zeros = integers.data.slice(0, grid.scale.length).fill(zero as never)
    const parts = [
      from,
      g.constant(float32(shape, grid.scale), 'scale'),
      g.constant({ dtype: grid.dtype, shape, data: zeros }, 'zero_point'),
    ]
    return g.op('DequantizeLinear', parts, grid.axis === undefined ? {} : { axis: grid.axis })
  }
  const shape = tensor.shape.map((n, i) => (i === grid.axis ? n : 1))
  const scale = float32(grid.axis === undefined ? [] : shape, grid.scale)
  const steps = g.op('Sub', [g.op('Cast', [from], { to: 'float32' }), g.constant(scalar(zero), 'zero')])
  return g.op('Mul', [steps, g.constant(scale, 'scale')])
}

/** The constant of that name, which another reader's form may have made. */
const stored = (g: Builder, tensor: Tensor, name: string): Value =>
  g.constants.has(name) ? { name, dtype: tensor.dtype, shape: tensor.shape } : g.constant(tensor, name)

/** The integers behind a tensor's numbers; undefined where one of these is not on the grid, but for rounding. */
function integersOf({ shape, data }: Tensor, grid: Integers): Tensor | undefined {
  const { dtype, zero, scale, axis } = grid
  const out = dtype === 'uint8' ? new Uint8Array(data.length) : new Uint16Array(data.length)
  const most = 256 ** bytesOf(grid) - 1
  const inner = axis === undefined ? data.length : shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  for (let i = 0; i < data.length; i++) {
    const step = scale[Math.floor(i / inner) % scale.length]!
    // A channel that a normalisation sets to zero has no steps.
    const exact = step === 0 ? zero : Number(data[i]) / step + zero
    const integer = Math.min(Math.max(Math.round(exact), 0), most)
    if (step !== 0 && !(Math.abs(integer - exact) < 0.1)) return undefined
    out[i] = integer
  }
  return { dtype, shape, data: out }
}
