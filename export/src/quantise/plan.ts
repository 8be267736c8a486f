import type { NodeProto } from 'onnx-buf'
import { PREFIX } from '../regions/add-regions.ts'
import type { OnnxModel } from './onnx-model.ts'

/** A convolution or large dense layer that is to be computed with 8-bit integers. */
export type IntegerNode = {
  readonly node: NodeProto
  /** The activation behind it, which the range of its output takes over. */
  readonly activation: NodeProto | undefined
  /** What it gives, behind the activation. */
  readonly output: string
}

export type Plan = {
  readonly nodes: readonly IntegerNode[]
  /** Values that become 8-bit, in the order of the graph; each with its own range. */
  readonly measured: readonly string[]
  /** Value → the value whose range it has: a maximum, or another shape, of the same numbers. */
  readonly shared: ReadonlyMap<string, string>
  /** The value that is the input image times a factor, and the factor: it is 8-bit from the start. */
  readonly image: { readonly value: string; readonly scale: number } | undefined
}

/** Smaller dense layers stay float: they cost little, and the scores rest on them. */
const MIN_DENSE_WEIGHTS = 2 ** 20
const KEEPS_RANGE: readonly string[] = ['MaxPool', 'Reshape']

/**
 * What of a model is computed with 8-bit integers: convolutions with constant weights, dense layers of a million weights or more that they
 * lead to, and the residual sums between them. The network that outlines lungs, Grad-CAM, the scores and the out-of-distribution distance stay float.
 */
export function planOf(model: OnnxModel): Plan {
  const image = imageOf(model)
  const quantised = new Set<string>(image && [image.value])
  const shared = new Map<string, string>()
  const nodes: IntegerNode[] = []
  const sums: string[] = []
  for (const node of model.graph.node) {
    // The ranges of severity were measured in float.
    if (node.name.startsWith(PREFIX)) continue
    const [x = '', w = ''] = node.input
    const y = node.output[0]!
    if (node.opType === 'Conv' && model.constant(w)) {
      quantised.add(x)
      const integer = integerNode(model, node)
      quantised.add(integer.output)
      nodes.push(integer)
    } else if (KEEPS_RANGE.includes(node.opType) && quantised.has(x)) {
      if (!leadsToIntegers(model, y)) continue
      shared.set(y, shared.get(x) ?? x)
      quantised.add(y)
    } else if (node.opType === 'Gemm' && quantised.has(x)) {
      const size = model.constant(w)?.data.length ?? 0
      if (size >= MIN_DENSE_WEIGHTS && node.attribute.length === 0)
        nodes.push({ node, activation: undefined, output: y })
    } else if (node.opType === 'Add' && node.input.every((input) => quantised.has(input))) {
      sums.push(y)
      quantised.add(y)
    }
  }
  const dense = new Set(nodes.filter(({ node }) => node.opType === 'Gemm').map(({ output }) => output))
  const measured = [...quantised].filter((v) => v !== image?.value && !shared.has(v) && !dense.has(v))
  return { nodes, measured, shared, image }
}

/** Whether a value reaches a node that takes integers without being computed with. */
function leadsToIntegers(model: OnnxModel, value: string): boolean {
  return model.consumers(value).some((node) => {
    if (KEEPS_RANGE.includes(node.opType)) return leadsToIntegers(model, node.output[0]!)
    const weights = model.constant(node.input[1] ?? '')?.data.length ?? 0
    return node.opType === 'Conv' || (node.opType === 'Gemm' && weights >= MIN_DENSE_WEIGHTS)
  })
}

function integerNode(model: OnnxModel, node: NodeProto): IntegerNode {
  const y = node.output[0]!
  const [next, ...others] = model.consumers(y)
  const fuses = next !== undefined && others.length === 0 && !model.isOutput(y)
  const activation = fuses && isRectifier(model, next) ? next : undefined
  return { node, activation, output: activation?.output[0] ?? y }
}

/** ReLU, or a Clip from 0 upwards: a range that begins at 0 does the same. */
const isRectifier = (model: OnnxModel, node: NodeProto): boolean =>
  node.opType === 'Relu' || (node.opType === 'Clip' && model.constant(node.input[1] ?? '')?.data[0] === 0)

/** Where the graph begins with Cast and Mul of the bytes of an image. */
function imageOf(model: OnnxModel): Plan['image'] {
  const input = model.graph.input[0]!.name
  const cast = model.consumers(input).find((node) => node.opType === 'Cast')
  const mul = cast && model.consumers(cast.output[0]!).find((node) => node.opType === 'Mul')
  const scale = mul && model.constant(mul.input[1] ?? '')
  return scale?.data.length === 1 ? { value: mul!.output[0]!, scale: scale.data[0]! } : undefined
}
