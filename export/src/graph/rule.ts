import type { Builder, GraphNode, Value } from '../onnx/ir.ts'

/** What a rule may look at and build with. */
export interface Rewrite {
  /** The new graph: `producer` and `constantOf` tell how an input came about. */
  readonly g: Builder
  /** How often a value of the old graph is read, graph outputs included. */
  uses(old: Value): number
}

/**
 * One rewriting rule; a pass is one, or a few in order. Gets a node of the old graph and its inputs in the new one.
 * Returns the node's outputs in the new graph, or undefined to copy the node as it is.
 */
export type Rule = (
  node: GraphNode,
  inputs: readonly (Value | undefined)[],
  rewrite: Rewrite,
) => readonly Value[] | undefined
