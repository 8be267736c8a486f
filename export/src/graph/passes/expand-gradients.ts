import type { Value } from '../../onnx/ir.ts'
import { operationOf } from '../../onnx/table.ts'
import type { Rule } from '../rule.ts'

/** Writes the operations of gradients that ONNX does not have in ONNX's own. */
export const expandGradients: Rule = (node, inputs, { g }) => {
  const { expand } = operationOf(node.op)
  return expand && [expand(g, node, inputs as readonly Value[])]
}
