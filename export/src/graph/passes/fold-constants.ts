import type { Tensor } from '../../onnx/ir.ts'
import { operationOf } from '../../onnx/table.ts'
import { sizeOf } from '../../onnx/tensor.ts'
import type { Rule } from '../rule.ts'

/** Above this many elements a result is not folded if its operand stays in the file as well: it would be stored twice. */
const MAX_DUPLICATE = 1 << 16

/** Computes at export what does not depend on the inputs. Large transposed copies are left to the runtime's load. */
export const foldConstants: Rule = (node, inputs, { g, uses }) => {
  const { fold } = operationOf(node.op)
  const tensors = inputs.map((value) => g.constantOf(value))
  if (!fold || node.outputs.length > 1 || tensors.some((tensor) => tensor?.dtype !== 'float32'))
    return undefined
  const shape = node.outputs[0]!.shape
  if (shape.includes(null)) return undefined
  const shared = node.inputs.some((value) => value && uses(value) > 1)
  if (shared && sizeOf(shape as number[]) > MAX_DUPLICATE) return undefined
  const result = fold(tensors as Tensor[], node.attributes, shape as number[])
  return result && [g.constant(result, 'folded')]
}
