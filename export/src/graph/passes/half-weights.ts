import { exactHalves, roundedToHalves } from '../../onnx/half.ts'
import type { Tensor } from '../../onnx/ir.ts'
import { float32 } from '../../onnx/tensor.ts'
import type { Rule } from '../rule.ts'

/** Smaller tensors (biases, scales) stay as they are: they cost nothing and matter most. */
const MIN_ELEMENTS = 1024
const MAX_HALF = 65504

export const isLarge = (tensor: Tensor): boolean =>
  tensor.dtype === 'float32' && tensor.data.length >= MIN_ELEMENTS

function exceeds(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]!) > MAX_HALF) return true
  return false
}

function rounded(tensor: Tensor): Tensor {
  if (!isLarge(tensor) || exceeds(tensor.data as Float32Array)) return tensor
  return float32(tensor.shape, roundedToHalves(tensor.data as Float32Array))
}

/**
 * Rounds large weights to half precision, still as float32, one after the other in the graph that is given: two copies of a large
 * network may be more than there is room for. Done before anything is derived from them, so that forward and backward pass speak of
 * the same network.
 */
export function roundWeights<G extends { readonly constants: Map<string, Tensor> }>(graph: G): G {
  for (const [name, tensor] of graph.constants) graph.constants.set(name, rounded(tensor))
  return graph
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
export function half({ shape, data }: Tensor): Tensor | undefined {
  const bits = exactHalves(data as Float32Array)
  return bits && { dtype: 'float16', shape, data: bits }
}
