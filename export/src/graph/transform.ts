import { GraphBuilder } from './builder.ts'
import type { Graph, GraphNode, Value } from './ir.ts'

/** What a rule may look at and build with. */
export interface Rewrite {
  /** The new graph: `producer` and `constantOf` tell how an input came about. */
  readonly g: GraphBuilder
  /** How often a value of the old graph is read, graph outputs included. */
  uses(old: Value): number
}

/**
 * One rewriting rule. Gets a node of the old graph and its inputs in the new one.
 * Returns the node's outputs in the new graph, or undefined to copy the node as it is.
 */
export type Rule = (
  node: GraphNode,
  inputs: readonly (Value | undefined)[],
  rewrite: Rewrite,
) => readonly Value[] | undefined

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
