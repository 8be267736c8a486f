import { type Builder, type Dim, int, type Type, type Value } from '../ir.ts'
import { broadcast, type Fold, type Gradient, type Infer, lift, type Operations } from '../operation.ts'
import { float32 } from '../tensor.ts'

const matmul: Infer = ([a, b]) => {
  const [x, y] = [a!.shape, b!.shape]
  const [k, l] = [x.at(-1), y.at(-2)]
  if (k !== null && l !== null && k !== l) throw new Error(`[${x}] · [${y}] do not multiply`)
  return { dtype: a!.dtype, shape: [...broadcast(x.slice(0, -2), y.slice(0, -2)), x.at(-2)!, y.at(-1)!] }
}

/** Any rank times a matrix. */
const product: Fold = ([a, b], _, shape) => {
  if (b!.shape.length !== 2) return undefined
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

/** X [T,N,I], W [D,gates·H,I] → Y [T,D,N,H], Y_h [D,N,H] and, for LSTM, Y_c [D,N,H]. */
const recurrent: Infer = ([x, w], attributes, count) => {
  const hidden = int(attributes, 'hidden_size')
  const [time, batch] = x!.shape
  const state: Type = { dtype: x!.dtype, shape: [w!.shape[0]!, batch!, hidden] }
  return [{ dtype: x!.dtype, shape: [time!, w!.shape[0]!, batch!, hidden] }, state, state].slice(0, count)
}

/** Sums of products over the letters that the result does not have. */
const einsum: Infer = (inputs, attributes) => {
  const [left, right] = String(attributes.equation).replaceAll(' ', '').split('->')
  if (right === undefined || left!.includes('.'))
    throw new Error('its equation has no result, or an ellipsis')
  const sizes = new Map<string, Dim>()
  for (const [i, letters] of left!.split(',').entries())
    for (const [axis, letter] of [...letters].entries())
      sizes.set(letter, sizes.get(letter) ?? inputs[i]!.shape[axis]!)
  return { dtype: inputs[0]!.dtype, shape: [...right].map((letter) => sizes.get(letter) ?? null) }
}

/** The last two axes changed over, with the axis of the classes in. */
function turned(g: Builder, value: Value): Value {
  const perm = value.shape.map((_, i) => i)
  const last = perm.length - 1
  ;[perm[last - 1], perm[last]] = [last, last - 1]
  return lift(g, g.op('Transpose', [value], { perm }))
}

/** By a constant matrix; or of two stacks of matrices, both of which may depend on the input. */
const matmulGradient: Gradient = ({ node, gradient, g, wants }) => {
  const [a, b] = node.inputs as readonly [Value, Value]
  if (!wants(1) && g.constantOf(b) && b.shape.length === 2)
    return [g.op('MatMul', [gradient, g.op('Transpose', [b], { perm: [1, 0] })])]
  const ranks = [a, b].map(({ shape }) => shape.length)
  const stacks = a.shape.slice(1, -2).every((d, i) => d === b.shape[i + 1])
  if (ranks[0] !== ranks[1] || ranks[0]! < 3 || !stacks)
    throw new Error('its operands are no stacks of as many matrices')
  return [
    wants(0) ? g.op('MatMul', [gradient, turned(g, b)]) : undefined,
    wants(1) ? g.op('MatMul', [turned(g, a), gradient]) : undefined,
  ]
}

/** Products of matrices, and recurrent operations over whole sequences. */
export const matrixOperations: Operations = {
  MatMul: {
    infer: matmul,
    fold: product,
    gradient: matmulGradient,
  },
  Gemm: {
    infer: ([a, b], attributes) => ({
      dtype: a!.dtype,
      shape: [a!.shape[0]!, b!.shape[int(attributes, 'transB', 0) === 1 ? 0 : 1]!],
    }),
  },
  Einsum: { infer: einsum },
  LSTM: { infer: recurrent },
  GRU: { infer: recurrent },
  RNN: { infer: recurrent },
}
