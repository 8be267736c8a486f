import { infer, type Type } from './infer.ts'
import type { Attributes, DType, Graph, GraphNode, Shape, Tensor, Value } from './ir.ts'

/**
 * Builds a graph node by node. Each node's output type and shape are inferred as it is added, so a mistake is
 * reported at the operation that makes it.
 */
export class GraphBuilder implements Graph {
  readonly nodes: GraphNode[] = []
  readonly inputs: Value[] = []
  readonly outputs = new Map<string, Value>()
  readonly constants = new Map<string, Tensor>()
  /** Prefix of the names of new nodes and constants: the name of the layer that they come from. */
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

  /** Adds an operation with one output and returns that output. */
  op(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
    return this.multi(op, inputs, attributes, 1)[0]!
  }

  /** Adds an operation with `count` outputs. */
  multi(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes, count: number): Value[] {
    return this.raw(op, inputs, attributes, infer(op, inputs, attributes, count))
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
