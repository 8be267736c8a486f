import { type Builder, floatOf, type GraphNode, type Value } from '../../onnx/ir.ts'
import { operationOf } from '../../onnx/table.ts'
import type { Rule } from '../rule.ts'

/** MatMul + Add of a vector → Gemm, for matrices. */
export const fuseGemm: Rule = (node, [a, b], { g, uses }) => {
  if (node.op !== 'Add') return undefined
  const product = g.producer(a)
  if (product?.op !== 'MatMul' || uses(node.inputs[0]!) !== 1 || b!.shape.length !== 1 || !g.constantOf(b))
    return undefined
  const [x, w] = product.inputs
  if (x!.shape.length !== 2 || w!.shape.length !== 2) return undefined
  return [g.op('Gemm', [x, w, b], {})]
}

/** The single number of a constant. */
const numberOf = (g: Builder, value: Value | undefined): number | undefined => {
  const tensor = g.constantOf(value)
  return tensor?.data.length === 1 ? Number(tensor.data[0]) : undefined
}

/** x of `x · number` (or `x + number`), where the number is as given to float32. */
function beside(g: Builder, value: Value | undefined, op: 'Mul' | 'Add', number: number): Value | undefined {
  const node = g.producer(value)
  if (node?.op !== op) return undefined
  const [a, b] = node.inputs
  return numberOf(g, b) === Math.fround(number) ? a : undefined
}

const is = (node: GraphNode | undefined, op: string): node is GraphNode => node?.op === op

/** x · tanh(softplus(x)) */
function mishOf(g: Builder, x: Value, other: Value): boolean {
  const tanh = g.producer(other)
  const softplus = is(tanh, 'Tanh') ? g.producer(tanh.inputs[0]) : undefined
  return is(softplus, 'Softplus') && softplus.inputs[0]!.name === x.name
}

/** x · ½ (1 + erf(x/√2)) */
function geluOf(g: Builder, x: Value, other: Value): boolean {
  const erf = g.producer(beside(g, beside(g, other, 'Mul', 0.5), 'Add', 1))
  return is(erf, 'Erf') && beside(g, erf.inputs[0], 'Mul', Math.SQRT1_2)?.name === x.name
}

/** Activations that ONNX has an operation for, from some operation set on, and a Relu under a Clip. */
export const fuseActivations = (opset: number): Rule => {
  const has = (op: string) => opset >= (operationOf(op).since ?? 0)
  return (node, [a, b], { g }) => {
    if (node.op === 'Clip' && floatOf(node.attributes, 'min', Number.NEGATIVE_INFINITY) >= 0) {
      const relu = g.producer(a)
      return is(relu, 'Relu') ? [g.op('Clip', [relu.inputs[0]], node.attributes)] : undefined
    }
    if (node.op !== 'Mul') return undefined
    for (const [x, other] of [
      [a!, b!],
      [b!, a!],
    ] as const) {
      if (has('Mish') && mishOf(g, x, other)) return [g.op('Mish', [x])]
      if (has('Gelu') && geluOf(g, x, other)) return [g.op('Gelu', [x], { approximate: 'none' })]
    }
    return undefined
  }
}
