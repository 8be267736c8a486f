import { type Builder, floatOf, type GraphNode, int, type Tensor, type Value } from '../../onnx/ir.ts'
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
  return zip(weights, reshaped(scale, shape), (w, s) => w * s)
}

const moved = (bias: Tensor | undefined, { scale, shift }: Affine): Tensor =>
  bias
    ? zip(
        zip(bias, scale, (b, s) => b * s),
        shift,
        (a, b) => a + b,
      )
    : float32(shift.shape, shift.data as Float32Array)

/** Puts a batch normalisation behind a convolution or dense layer into its weights; where something else reads that layer, not. */
export const foldBatchNorm: Rule = (node, inputs, { g, uses }) => {
  if (node.op !== 'BatchNormalization' || uses(node.inputs[0]!) !== 1) return undefined
  const affine = affineOf(g, node, inputs)
  const before = g.producer(inputs[0])
  if (!affine || !before) return undefined
  const [x, w, b] = before.inputs
  const [weights, bias] = [g.constantOf(w), g.constantOf(b)]
  const axis = operationOf(before.op).filterAxis
  if (axis !== undefined) {
    if (!weights || (b && !bias) || (axis === 1 && int(before.attributes, 'group', 1) !== 1)) return undefined
    const kernel = g.constant(scaled(weights, affine.scale, axis), 'folded_kernel')
    return [g.op(before.op, [x, kernel, g.constant(moved(bias, affine), 'folded_bias')], before.attributes)]
  }
  // A dense layer: MatMul, or MatMul + bias.
  const product = before.op === 'Add' ? g.producer(x) : before
  const added = before.op === 'Add' ? weights : undefined
  const matrix = product?.op === 'MatMul' ? g.constantOf(product.inputs[1]) : undefined
  if (
    matrix?.shape.length !== 2 ||
    product!.inputs[0]!.shape.length !== 2 ||
    (before.op === 'Add' && added?.shape.length !== 1)
  )
    return undefined
  const y = g.op('MatMul', [product!.inputs[0], g.constant(scaled(matrix, affine.scale, 1), 'folded_kernel')])
  return [g.op('Add', [y, g.constant(moved(added, affine), 'folded_bias')])]
}
