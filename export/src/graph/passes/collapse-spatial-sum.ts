import { type Builder, type GraphNode, int, ints, type Tensor, type Value } from '../../onnx/ir.ts'
import { operationOf } from '../../onnx/table.ts'
import { map, reshaped, scaledBy, sizeOf, sumOver, transpose } from '../../onnx/tensor.ts'
import type { Rule } from '../rule.ts'

/** The constant that a value is, or that it is the transpose of (large transposes are left to the runtime). */
function matrixBehind(
  g: Builder,
  value: Value | undefined,
): { tensor: Tensor; transposed: boolean } | undefined {
  const node = g.producer(value)
  const tensor = g.constantOf(node?.op === 'Transpose' ? node.inputs[0] : value)
  return tensor?.shape.length === 2 ? { tensor, transposed: node?.op === 'Transpose' } : undefined
}

/**
 * scale · Σ over all spatial axes of a gradient [B,C,K,…], as [B,C,K], without ever making the gradient; undefined where
 * that does not go. Pooling hands every cell's gradient on in full, so the sum before it is the sum behind it; through a
 * dense layer behind Flatten the sum over cells goes into the weights: Σ_p g · Wᵀ[:,(k,p)] = g · (Σ_p Wᵀ[:,(k,p)]).
 */
function collapse(g: Builder, value: Value, scale: number): Value | undefined {
  const node = g.producer(value)
  if (!node) return undefined
  if (operationOf(node.op).keepsSum?.(node.attributes)) return spatialSum(g, node.inputs[0]!, scale)
  if (node.op === 'Reshape') return throughDense(g, node, scale)
  if (node.op === 'Mul') return throughProduct(g, node, scale)
  if (node.op === 'Slice' && ints(node.attributes, 'axes').join() === '2') {
    const sum = collapse(g, node.inputs[0]!, scale)
    return sum && g.op('Slice', [sum], node.attributes)
  }
  return undefined
}

const spatialSum = (g: Builder, value: Value, scale: number): Value => {
  const short = collapse(g, value, scale)
  if (short) return short
  const sum = g.op('ReduceSum', [value], { axes: value.shape.slice(3).map((_, i) => i + 3), keepdims: 0 })
  return scale === 1 ? sum : g.op('Mul', [sum, g.number(scale)])
}

function throughDense(g: Builder, node: GraphNode, scale: number): Value | undefined {
  const product = g.producer(node.inputs[0])
  const shape = node.outputs[0]!.shape
  if (product?.op !== 'MatMul' || node.inputs[0]!.shape.length !== 3 || shape.slice(2).includes(null))
    return undefined
  const weights = matrixBehind(g, product.inputs[1])
  if (!weights) return undefined
  const [maps, ...cells] = shape.slice(2) as number[]
  const units = weights.tensor.shape[weights.transposed ? 1 : 0]!
  // Summed where it lies, without a copy of the largest weights of the network: [K·p,units] or [units,K·p] → [units,K]
  const sums = weights.transposed
    ? transpose(sumOver(reshaped(weights.tensor, [maps!, sizeOf(cells), units]), [1]), [1, 0])
    : sumOver(reshaped(weights.tensor, [units, maps!, sizeOf(cells)]), [2])
  return g.op('MatMul', [product.inputs[0]!, g.constant(scaledBy(sums, scale), 'summed_kernel')])
}

/** gradient × constant: either the constant is one factor a map, or the gradient has no spatial extent yet. */
function throughProduct(g: Builder, node: GraphNode, scale: number): Value | undefined {
  const [x, factor] = node.inputs as readonly [Value, Value]
  const tensor = g.constantOf(factor)
  if (!tensor) return undefined
  const rank = node.outputs[0]!.shape.length
  const full = [...new Array<number>(rank - tensor.shape.length).fill(1), ...tensor.shape]
  const flat = (t: Tensor) =>
    g.constant(
      map(reshaped(t, [1, 1, full[2]!]), (v) => v * scale),
      'summed',
    )
  if (full[0] !== 1 || full[1] !== 1) return undefined
  const axes = full.slice(3).map((_, i) => i + 3)
  if (full.slice(3).every((n) => n === 1)) {
    const sum = collapse(g, x, 1)
    return sum && g.op('Mul', [sum, flat(tensor)])
  }
  if (x.shape.slice(3).some((d) => d !== 1)) return undefined
  const sum = sumOver(reshaped(tensor, full), axes)
  return g.op('Mul', [g.op('Squeeze', [x], { axes }), flat(sum)])
}

/** Replaces the spatial mean of a gradient by what it comes from, where it need not be made. */
export const collapseSpatialSum: Rule = (node, [x], { g }) => {
  if (node.op !== 'ReduceMean' && node.op !== 'ReduceSum') return undefined
  const rank = x!.shape.length
  const axes = ints(node.attributes, 'axes')
  if (
    rank < 4 ||
    int(node.attributes, 'keepdims', 1) === 1 ||
    axes.join() !==
      x!.shape
        .slice(3)
        .map((_, i) => i + 3)
        .join()
  )
    return undefined
  const cells = x!.shape.slice(3)
  if (cells.includes(null)) return undefined
  const short = collapse(g, x!, node.op === 'ReduceMean' ? 1 / sizeOf(cells as number[]) : 1)
  return short && [short]
}
