import {
  type Builder,
  floatOf,
  type GraphNode,
  type Grid,
  int,
  type Tensor,
  type Value,
} from '../../onnx/ir.ts'
import { operationOf } from '../../onnx/table.ts'
import { float32, map, reshaped, zip } from '../../onnx/tensor.ts'
import type { Rule } from '../rule.ts'

/** y = scale · x + shift, one of each a channel. */
interface Affine {
  readonly scale: Tensor
  readonly shift: Tensor
}

function affineOf(g: Builder, node: GraphNode, inputs: readonly (Value | undefined)[]): Affine | undefined {
  const [gamma, beta, mean, variance] = inputs.slice(1).map((value) => g.constantOf(value))
  if (!gamma || !beta || !mean || !variance) return undefined
  const epsilon = floatOf(node.attributes, 'epsilon', 1e-5)
  const scale = zip(
    gamma,
    map(variance, (v) => Math.sqrt(v + epsilon)),
    (a, b) => a / b,
  )
  return {
    scale,
    shift: zip(
      beta,
      zip(mean, scale, (m, s) => m * s),
      (a, b) => a - b,
    ),
  }
}

/** Weights with one axis scaled by channel. */
function scaled(weights: Tensor, scale: Tensor, axis: number): Tensor {
  const shape = weights.shape.map((_, i) => (i === axis ? scale.shape[0]! : 1))
  const product = zip(weights, reshaped(scale, shape), (w, s) => w * s)
  const grid = weights.grid && scaledGrid(weights.grid, scale, axis)
  return grid ? { ...product, grid } : product
}

/** What was one scale becomes one for each channel. */
function scaledGrid(grid: Grid, { data }: Tensor, axis: number): Grid | undefined {
  if (grid.dtype === 'float16' || grid.axis !== undefined) return undefined
  return { ...grid, scale: Array.from(data as Float32Array, (factor) => factor * grid.scale[0]!), axis }
}

const moved = (bias: Tensor | undefined, { scale, shift }: Affine): Tensor =>
  bias
    ? zip(
        zip(bias, scale, (b, s) => b * s),
        shift,
        (a, b) => a + b,
      )
    : float32(shift.shape, shift.data as Float32Array)

/**
 * Puts a batch normalisation behind a convolution or dense layer into its weights; where something else reads that layer, not.
 * @param halvesStay whether weights that are stored as halves must stay exact in half precision
 */
export const foldBatchNorm = (halvesStay: boolean): Rule => {
  const stays = (weights: Tensor) => halvesStay && weights.grid?.dtype === 'float16'
  return (node, inputs, { g, uses }) => {
    if (node.op !== 'BatchNormalization' || uses(node.inputs[0]!) !== 1) return undefined
    const affine = affineOf(g, node, inputs)
    const before = g.producer(inputs[0])
    if (!affine || !before) return undefined
    const [x, w, b] = before.inputs
    const [weights, bias] = [g.constantOf(w), g.constantOf(b)]
    const axis = operationOf(before.op).filterAxis
    if (axis !== undefined) {
      if (!weights || stays(weights) || (b && !bias)) return undefined
      if (axis === 1 && int(before.attributes, 'group', 1) !== 1) return undefined
      const kernel = g.constant(scaled(weights, affine.scale, axis), 'folded_kernel')
      return [g.op(before.op, [x, kernel, g.constant(moved(bias, affine), 'folded_bias')], before.attributes)]
    }
    // A dense layer: MatMul, or MatMul + bias.
    const product = before.op === 'Add' ? g.producer(x) : before
    const added = before.op === 'Add' ? weights : undefined
    const matrix = product?.op === 'MatMul' ? g.constantOf(product.inputs[1]) : undefined
    if (
      matrix?.shape.length !== 2 ||
      stays(matrix) ||
      product!.inputs[0]!.shape.length !== 2 ||
      (before.op === 'Add' && added?.shape.length !== 1)
    )
      return undefined
    const kernel = g.constant(scaled(matrix, affine.scale, 1), 'folded_kernel')
    const y = g.op('MatMul', [product!.inputs[0], kernel])
    return [g.op('Add', [y, g.constant(moved(added, affine), 'folded_bias')])]
  }
}
