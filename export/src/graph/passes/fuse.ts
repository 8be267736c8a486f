import type { Graph } from '../ir.ts'
import { transform } from '../transform.ts'

/** MatMul + Add of a vector → Gemm, for matrices. */
export const fuseGemm = (graph: Graph): Graph =>
  transform(graph, (node, [a, b], { g, uses }) => {
    if (node.op !== 'Add') return undefined
    const product = g.producer(a)
    if (product?.op !== 'MatMul' || uses(node.inputs[0]!) !== 1 || b!.shape.length !== 1 || !g.constantOf(b))
      return undefined
    const [x, w] = product.inputs
    if (x!.shape.length !== 2 || w!.shape.length !== 2) return undefined
    return [g.op('Gemm', [x, w, b], {})]
  })
