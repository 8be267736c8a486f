import type { Attributes, Builder, DType, Graph, GraphNode, Shape, Tensor, Type, Value } from '../onnx/ir.ts'
import { operationOf } from '../onnx/table.ts'
import { scalar } from '../onnx/tensor.ts'
import type { Rewrite, Rule } from './rule.ts'

/**
 * Builds a graph node by node. Each node's output type and shape are inferred as it is added, so a mistake is
 * reported at the operation that makes it.
 */
export class GraphBuilder implements Builder {
  readonly nodes: GraphNode[] = []
  readonly inputs: Value[] = []
  readonly outputs = new Map<string, Value>()
  readonly constants = new Map<string, Tensor>()
  scope = ''
  readonly #producers = new Map<string, GraphNode>()
  readonly #taken = new Set<string>()

  input(name: string, dtype: DType, shape: Shape): Value {
    const value = { name: this.#unique(name), dtype, shape }
    this.inputs.push(value)
    return value
  }

  constant(tensor: Tensor, hint = 'constant'): Value {
    const name = this.#unique(this.scope ? `${this.scope}/${hint}` : hint)
    this.constants.set(name, tensor)
    return { name, dtype: tensor.dtype, shape: tensor.shape }
  }

  number(value: number, hint?: string): Value {
    return this.constant(scalar(value), hint)
  }

  op(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
    return this.multi(op, inputs, attributes, 1)[0]!
  }

  multi(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes, count: number): Value[] {
    const types = operationOf(op).infer(inputs as readonly Value[], attributes, count)
    return this.raw(op, inputs, attributes, Array.isArray(types) ? types : [types as Type])
  }

  /** Adds an operation whose output types are known. */
  raw(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    types: readonly Type[],
  ): Value[] {
    const name = this.#unique(this.scope ? `${this.scope}/${op}` : op)
    const outputs = types.map((type, i) => ({ name: i === 0 ? name : this.#unique(`${name}:${i}`), ...type }))
    const node = { op, name, inputs, outputs, attributes }
    this.nodes.push(node)
    for (const value of outputs) this.#producers.set(value.name, node)
    return outputs
  }

  output(name: string, value: Value): void {
    this.outputs.set(name, value)
  }

  constantOf(value: Value | undefined): Tensor | undefined {
    return value && this.constants.get(value.name)
  }

  producer(value: Value | undefined): GraphNode | undefined {
    return value && this.#producers.get(value.name)
  }

  #unique(hint: string): string {
    let name = hint
    for (let i = 1; this.#taken.has(name); i++) name = `${hint}_${i}`
    this.#taken.add(name)
    return name
  }
}

/** Nodes from which an output can be reached. */
function live(graph: Graph): Set<GraphNode> {
  const wanted = new Set([...graph.outputs.values()].map((value) => value.name))
  const nodes = new Set<GraphNode>()
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!
    if (!node.outputs.some((value) => wanted.has(value.name))) continue
    nodes.add(node)
    for (const value of node.inputs) if (value) wanted.add(value.name)
  }
  return nodes
}

/** Builds a new graph by applying a rule to every node that is still needed; unused constants fall away. */
export function transform(graph: Graph, rule: Rule = () => undefined): GraphBuilder {
  const g = new GraphBuilder()
  const needed = live(graph)
  const counts = new Map<string, number>()
  const count = (value: Value) => counts.set(value.name, (counts.get(value.name) ?? 0) + 1)
  for (const node of needed) for (const value of node.inputs) if (value) count(value)
  for (const value of graph.outputs.values()) count(value)

  const renewed = new Map<string, Value>()
  for (const input of graph.inputs) renewed.set(input.name, g.input(input.name, input.dtype, input.shape))
  const renew = (value: Value): Value => {
    let found = renewed.get(value.name)
    if (!found) {
      const tensor = graph.constants.get(value.name)
      if (!tensor) throw new Error(`value ${value.name} is used before it is made`)
      g.scope = ''
      found = g.constant(tensor, value.name)
      renewed.set(value.name, found)
    }
    return found
  }
  const rewrite: Rewrite = { g, uses: (old) => counts.get(old.name) ?? 0 }
  for (const node of graph.nodes) {
    if (!needed.has(node)) continue
    const inputs = node.inputs.map((value) => value && renew(value))
    g.scope = scopeOf(node.name)
    const outputs = rule(node, inputs, rewrite) ?? copy(g, node, inputs)
    node.outputs.forEach((value, i) => {
      if (outputs[i]) renewed.set(value.name, outputs[i])
    })
  }
  for (const [name, value] of graph.outputs) g.output(name, renew(value))
  return g
}

/** The node as it was; types are inferred anew only where those of its inputs changed. */
function copy(g: GraphBuilder, node: GraphNode, inputs: readonly (Value | undefined)[]): readonly Value[] {
  const same = inputs.every((value, i) => value?.shape.join() === node.inputs[i]?.shape.join())
  return same
    ? g.raw(
        node.op,
        inputs,
        node.attributes,
        node.outputs.map(({ dtype, shape }) => ({ dtype, shape })),
      )
    : g.multi(node.op, inputs, node.attributes, node.outputs.length)
}

const scopeOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')))

/** Drops nodes and constants that no output needs. */
export const dropDead = (graph: Graph): GraphBuilder => {
  const once = transform(graph)
  const used = new Set(once.nodes.flatMap((node) => node.inputs.map((value) => value?.name)))
  for (const value of once.outputs.values()) used.add(value.name)
  for (const name of [...once.constants.keys()]) if (!used.has(name)) once.constants.delete(name)
  return once
}
