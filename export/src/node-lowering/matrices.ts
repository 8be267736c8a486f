import type { Value } from '../onnx/ir.ts'
import {
  fusedOf,
  type NodeContext,
  type NodeFamily,
  type NodeLowering,
  numbersOf,
  permuted,
} from './context.ts'

/** The last two axes changed over. */
function swapped(x: Value, context: NodeContext): Value {
  const perm = x.shape.map((_, i) => i)
  const rank = perm.length
  ;[perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2]
  return permuted(context, x, perm)
}

const lowerMatMul =
  (left: string, right: string): NodeLowering =>
  (node, [a, b, ...rest], context) => {
    const { g } = context
    const turned = (x: Value, key: string) => (node.attributes.bool(key) ? swapped(x, context) : x)
    const product = g.op('MatMul', [turned(a!, left), turned(b!, right)])
    const { bias, activate } = fusedOf(node, rest, context)
    return [activate(bias ? g.op('Add', [product, bias]) : product)]
  }

const lowerTranspose: NodeLowering = (node, [x, perm], context) => {
  const order = numbersOf(node, perm, context, 'order of axes')
  const tensor = context.g.constantOf(x)
  return [tensor ? permuted(context, x!, order) : context.g.op('Transpose', [x], { perm: order })]
}

const lowerEinsum: NodeLowering = (node, inputs, { g }) => [
  g.op('Einsum', inputs, { equation: node.attributes.text('equation') }),
]

const matmul = lowerMatMul('transpose_a', 'transpose_b')
const batched = lowerMatMul('adj_x', 'adj_y')
export const matrixNodes: NodeFamily = {
  title: 'Matrices',
  rows: {
    MatMul: { lower: matmul, notes: 'transpose_a; transpose_b' },
    _FusedMatMul: { lower: matmul, notes: 'transpose_a; transpose_b; BiasAdd and an activation' },
    BatchMatMul: { lower: batched, notes: 'adj_x; adj_y' },
    BatchMatMulV2: { lower: batched, notes: 'adj_x; adj_y' },
    Transpose: { lower: lowerTranspose },
    Einsum: { lower: lowerEinsum },
  },
}
