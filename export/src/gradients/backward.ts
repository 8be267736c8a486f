import { ConvertError } from '../errors.ts'
import type { Builder, GraphNode, Value } from '../onnx/ir.ts'
import { OPERATIONS, operationOf } from '../onnx/table.ts'
import { float32 } from '../onnx/tensor.ts'

/** Names of values that `from` has an influence on. */
function reachable(nodes: readonly GraphNode[], from: Value): Set<string> {
  const names = new Set([from.name])
  for (const node of nodes)
    if (node.inputs.some((value) => value && names.has(value.name)))
      for (const value of node.outputs) names.add(value.name)
  return names
}

/**
 * Adds the backward pass from each score to a value.
 * @param scores [N,C]
 * @param target a value [N,…] on the way to the scores
 * @returns ∂scores[n,c]/∂target[n,…] as [B,C,…]; B is 1 where it is the same for every input, else N
 * @throws ConvertError no-gradient, naming the operation and the layer
 */
export function backward(g: Builder, scores: Value, target: Value): Value {
  const classes = scores.shape[1]
  if (scores.shape.length !== 2 || typeof classes !== 'number')
    throw new ConvertError(
      'no-gradient',
      `the scores are [${scores.shape.map((d) => d ?? 'N')}]; Grad-CAM needs one score a class, [N,C]`,
    )
  const nodes = [...g.nodes]
  const influenced = reachable(nodes, target)
  if (!influenced.has(scores.name))
    throw new ConvertError('no-gradient', `the scores do not depend on "${target.name}"`)
  const eye = new Float32Array(classes * classes)
  for (let c = 0; c < classes; c++) eye[c * classes + c] = 1
  g.scope = 'gradient'
  const gradients = new Map<string, Value>([
    [scores.name, g.constant(float32([1, classes, classes], eye), 'seed')],
  ])
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!
    const output = node.outputs.find(({ name }) => gradients.has(name))
    const gradient = output && gradients.get(output.name)
    if (!gradient || output.name === target.name) continue
    const wants = (index: number) => influenced.has(node.inputs[index]?.name ?? '')
    if (!node.inputs.some((_, index) => wants(index))) continue
    const row = operationOf(node.op)
    if (row.flat?.(node.inputs)) continue
    if (!row.gradient || output !== node.outputs[0]) throw refusal(node, `there is no gradient of ${node.op}`)
    g.scope = `gradient/${node.name}`
    let back: readonly (Value | undefined)[]
    try {
      back = row.gradient({ node, gradient, g, wants })
    } catch (error) {
      throw refusal(node, (error as Error).message, error)
    }
    node.inputs.forEach((value, index) => {
      const part = back[index]
      if (!value || !part || !wants(index)) return
      const sum = gradients.get(value.name)
      gradients.set(value.name, sum ? g.op('Add', [sum, part]) : part)
    })
  }
  g.scope = 'gradient'
  const found = gradients.get(target.name)
  if (!found) throw new ConvertError('no-gradient', `no gradient reaches "${target.name}"`)
  return found
}

const refusal = (node: GraphNode, why: string, cause?: unknown): ConvertError =>
  new ConvertError(
    'no-gradient',
    `${node.op} "${node.name}" lies between the layer and the scores: ${why}; choose a layer behind it with --cam-layer. Gradients exist for ${withGradient().join(', ')}`,
    cause === undefined ? undefined : { cause },
  )

/** Names of the operations that a gradient passes through. */
export const withGradient = (): string[] =>
  Object.entries(OPERATIONS).flatMap(([name, row]) => (row.gradient ? [name] : []))
