import { type Attributes, floatOf, type Graph, ints, type Tensor } from '../ir.ts'
import { float32, map, reshaped, sizeOf, sumOver, transpose, zip } from '../tensor.ts'
import { transform } from '../transform.ts'

type Evaluate = (inputs: readonly Tensor[], attributes: Attributes, shape: readonly number[]) => Tensor

const matmul: Evaluate = ([a, b], _, shape) => {
  const [n, k] = [shape.at(-1)!, b!.shape.at(-2)!]
  const rows = a!.data.length / k
  const out = new Float32Array(rows * n)
  const [x, y] = [a!.data as Float32Array, b!.data as Float32Array]
  const sums = new Float64Array(n)
  for (let i = 0; i < rows; i++) {
    sums.fill(0)
    for (let j = 0; j < k; j++) {
      const factor = x[i * k + j]!
      if (factor !== 0) for (let c = 0; c < n; c++) sums[c]! += factor * y[j * n + c]!
    }
    out.set(sums, i * n)
  }
  return float32(shape, out)
}

const EVALUATE: Readonly<Record<string, Evaluate>> = {
  Add: ([a, b]) => zip(a!, b!, (x, y) => x + y),
  Sub: ([a, b]) => zip(a!, b!, (x, y) => x - y),
  Mul: ([a, b]) => zip(a!, b!, (x, y) => x * y),
  Div: ([a, b]) => zip(a!, b!, (x, y) => x / y),
  Neg: ([a]) => map(a!, (x) => -x),
  Relu: ([a]) => map(a!, (x) => Math.max(0, x)),
  Sqrt: ([a]) => map(a!, Math.sqrt),
  Clip: ([a], attributes) =>
    map(a!, (x) =>
      Math.min(floatOf(attributes, 'max', Infinity), Math.max(floatOf(attributes, 'min', -Infinity), x)),
    ),
  Transpose: ([a], attributes) => transpose(a!, ints(attributes, 'perm')),
  Reshape: ([a], _, shape) => reshaped(a!, shape),
  Squeeze: ([a], _, shape) => reshaped(a!, shape),
  Unsqueeze: ([a], _, shape) => reshaped(a!, shape),
  ReduceSum: ([a], attributes, shape) => reshaped(sumOver(a!, ints(attributes, 'axes')), shape),
  ReduceMean: ([a], attributes, shape) => {
    const n = a!.data.length / sizeOf(shape)
    return reshaped(
      map(sumOver(a!, ints(attributes, 'axes')), (x) => x / n),
      shape,
    )
  },
  MatMul: matmul,
}

/** Above this many elements a result is not folded if its operand stays in the file as well: it would be stored twice. */
const MAX_DUPLICATE = 1 << 16

/** Computes at export what does not depend on the inputs. Large transposed copies are left to the runtime's load. */
export const foldConstants = (graph: Graph): Graph =>
  transform(graph, (node, inputs, { g, uses }) => {
    const evaluate = EVALUATE[node.op]
    const tensors = inputs.map((value) => g.constantOf(value))
    if (!evaluate || node.outputs.length > 1 || tensors.some((tensor) => tensor?.dtype !== 'float32'))
      return undefined
    const shape = node.outputs[0]!.shape
    if (shape.includes(null) || (node.op === 'MatMul' && tensors[1]!.shape.length !== 2)) return undefined
    const shared = node.inputs.some((value) => value && uses(value) > 1)
    if (shared && sizeOf(shape as number[]) > MAX_DUPLICATE) return undefined
    const result = evaluate(tensors as Tensor[], node.attributes, shape as number[])
    return [g.constant(result, 'folded')]
  })
