import { type Attributes, ints, type Value } from '../onnx/ir.ts'
import { operationOf } from '../onnx/table.ts'
import { int64 } from '../onnx/tensor.ts'
import type { Rule } from './rule.ts'

/** Undoes the liberties of the graph: constant inputs become inputs again, as the operation set has them. */
export const legalise =
  (opset: number): Rule =>
  (node, inputs, { g }) => {
    const { op, attributes } = node
    const row = operationOf(op)
    const emit = (extra: readonly (Value | undefined)[], kept: Attributes, to = op): readonly Value[] => {
      const outputs = node.outputs.map((value) => ({ dtype: value.dtype, shape: value.shape }))
      return g.raw(to, [...inputs, ...extra], kept, outputs)
    }
    if (row.write) {
      const written = row.write(attributes, inputs, g)
      return emit(written.inputs, written.attributes, written.op)
    }
    const keys = Object.entries(row.inputs ?? {}).flatMap(([key, since]) => (opset >= since ? [key] : []))
    if (keys.length === 0) return undefined
    const extra = keys.map((key) =>
      attributes[key] === undefined ? undefined : g.constant(int64(ints(attributes, key)), key),
    )
    return emit(extra, Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key))))
  }
