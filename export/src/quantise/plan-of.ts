import type { NodeProto } from 'onnx-buf'
import { PREFIX } from '../regions/prefix.ts'
import type { OnnxModel } from './onnx-model.ts'
import type { IntegerNode, Plan } from './plan.ts'

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
  return { nodes, measured, shared, image, corrected: correctedOf(model, nodes) }
}

function correctedOf(model: OnnxModel, integers: readonly IntegerNode[]): string[] {
  const hasBias = ({ input }: NodeProto) => Boolean(model.constant(input[2] ?? ''))
  const dense = model.graph.node.find((node) => node.opType === 'Gemm' && hasBias(node))
  const nodes = new Set(integers.map(({ node }) => node).filter(hasBias))
  if (dense) nodes.add(dense)
  return [...nodes].map(({ output }) => output[0]!)
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
