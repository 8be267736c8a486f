import { fromHalf, toHalf } from '../../onnx/half.ts'
import type { Graph, Tensor } from '../../onnx/ir.ts'
import { float32 } from '../../onnx/tensor.ts'
import type { Rule } from '../rule.ts'

/** Smaller tensors (biases, scales) stay as they are: they cost nothing and matter most. */
const MIN_ELEMENTS = 1024
const MAX_HALF = 65504

const isLarge = (tensor: Tensor): boolean => tensor.dtype === 'float32' && tensor.data.length >= MIN_ELEMENTS

function rounded(tensor: Tensor): Tensor {
  if (!isLarge(tensor) || (tensor.data as Float32Array).some((x) => Math.abs(x) > MAX_HALF)) return tensor
  return float32(
    tensor.shape,
    Float32Array.from(tensor.data as Float32Array, (x) => fromHalf(toHalf(x))),
  )
}

/**
 * Rounds large weights to half precision, still as float32. Done before anything is derived from them, so that forward
 * and backward pass speak of the same network.
 */
export function roundWeights(graph: Graph): Graph {
  return {
    ...graph,
    constants: new Map([...graph.constants].map(([name, tensor]) => [name, rounded(tensor)])),
  }
}

/** Stores weights that are exact in half precision as such, with a Cast that ONNX Runtime folds when it loads the model. */
export const storeAsHalf = (): Rule => {
  const halves = new Map<string, ReturnType<typeof half>>()
  return (node, inputs, { g }) => {
    const cast = inputs.map((value) => {
      const tensor = value && g.constantOf(value)
      if (!value || !tensor || !isLarge(tensor)) return value
      if (!halves.has(value.name)) halves.set(value.name, half(tensor))
      const bits = halves.get(value.name)
      if (!bits) return value
      g.scope = ''
      const known = g.constants.get(`${value.name}/half`)
      const stored = known
        ? { name: `${value.name}/half`, dtype: 'float16' as const, shape: tensor.shape }
        : g.constant(bits, `${value.name}/half`)
      return g.op('Cast', [stored], { to: 'float32' })
    })
    return cast.every((value, i) => value === inputs[i])
      ? undefined
      : g.multi(node.op, cast, node.attributes, node.outputs.length)
  }
}

/** The same numbers in half precision, if all of them are exact in it. */
function half(tensor: Tensor): Tensor | undefined {
  const bits = Uint16Array.from(tensor.data as Float32Array, toHalf)
  return (tensor.data as Float32Array).every((x, i) => fromHalf(bits[i]!) === x)
    ? { dtype: 'float16', shape: tensor.shape, data: bits }
    : undefined
}
