import { ConvertError } from '../errors.ts'
import { isObject, type Json, type JsonObject } from '../files/json.ts'
import { artifactsAsFile, type ModelArtifacts, type ModelFile } from '../files/model-file.ts'
import type { WeightFile } from '../files/weights.ts'
import type { Tensor } from '../onnx/ir.ts'
import { NodeAttributes } from './attributes.ts'
import type { Edge, GraphModel, Node, NodeInput } from './model.ts'

const unreadable = (what: string): never => {
  throw new ConvertError('model-unreadable', what)
}

/** `name`, `name:1`, or `name:output:1` as functions write it. */
function edgeOf(text: string): Edge {
  const parts = text.split(':')
  return parts.length === 1 ? { node: text, output: 0 } : { node: parts[0]!, output: Number(parts.at(-1)) }
}

function nodeOf(json: Json): Node {
  if (!isObject(json) || typeof json.name !== 'string' || typeof json.op !== 'string')
    return unreadable('the topology has a node without a name or an operation')
  const inputs = (Array.isArray(json.input) ? json.input.map(String) : []).filter(
    // A control input says when, not what.
    (input) => !input.startsWith('^'),
  )
  const attr = isObject(json.attr) ? json.attr : {}
  const attributes = new NodeAttributes(attr, `node "${json.name}" (${json.op})`)
  return { name: json.name, op: json.op, inputs: inputs.map(edgeOf), attributes }
}

/** The entries of a signature's `inputs` or `outputs`: the name that users know, and the tensor that it is. */
function entriesOf(signature: Json | undefined, key: string): { name: string; from: Edge }[] {
  const entries = isObject(signature) ? signature[key] : undefined
  if (!isObject(entries)) return []
  return Object.entries(entries).flatMap(([name, entry]) =>
    isObject(entry) && typeof entry.name === 'string'
      ? [{ name: name.replace(/:0$/, ''), from: edgeOf(entry.name) }]
      : [],
  )
}

function signatureOf({ json }: ModelFile): Json | undefined {
  const metadata = json.userDefinedMetadata
  return (isObject(metadata) ? metadata.signature : undefined) ?? json.signature
}

/** Nodes from which an output can be reached, each behind those that it reads; in a loop (control flow) as they come. */
function ordered(nodes: ReadonlyMap<string, Node>, outputs: readonly Edge[]): Node[] {
  const sorted: Node[] = []
  const seen = new Set<string>()
  // Without recursion: real files have chains of thousands of nodes.
  const stack: { node: Node; next: number }[] = []
  const push = (name: string, reader: string) => {
    if (seen.has(name)) return
    const node = nodes.get(name) ?? unreadable(`${reader} reads a node "${name}" that does not exist`)
    seen.add(name)
    stack.push({ node, next: 0 })
  }
  for (const { node: output } of outputs) {
    push(output, 'the signature')
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++]
      if (input) push(input.node, `node "${top.node.name}"`)
      else sorted.push(stack.pop()!.node)
    }
  }
  return sorted
}

/** As tfjs: without a signature, what nothing reads. */
function unreadNodes(nodes: ReadonlyMap<string, Node>): { name: string; from: Edge }[] {
  const read = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)))
  return [...nodes.values()]
    .filter(({ name, op }) => !read.has(name) && op !== 'Const' && op !== 'NoOp')
    .map(({ name }) => ({ name, from: { node: name, output: 0 } }))
}

function inputsOf(nodes: ReadonlyMap<string, Node>, signature: Json | undefined): NodeInput[] {
  const named = entriesOf(signature, 'inputs').filter(({ from }) => nodes.has(from.node))
  const placeholders = [...nodes.values()]
    .filter(({ op }) => op === 'Placeholder')
    .map(({ name }) => ({ name, from: { node: name, output: 0 } }))
  return (named.length > 0 ? named : placeholders).map(({ name, from }) => {
    const { attributes } = nodes.get(from.node)!
    return { name, node: from.node, shape: attributes.shape('shape'), dtype: attributes.type('dtype') }
  })
}

/** Constants by their nodes' names. tfjs keeps truth values as bytes, and so does ONNX. */
function constantsOf(weights: WeightFile): GraphModel['constant'] {
  const specs = new Map(weights.specs.map((spec) => [spec.name, spec]))
  return ({ name, attributes }): Tensor => {
    const spec = specs.get(name)
    if (!spec)
      throw new ConvertError('weights-unreadable', `node "${name}" (Const): its value is not in the file`)
    const tensor = weights.read(spec, 'infinite')
    return attributes.type('dtype', tensor.dtype) === 'bool'
      ? { dtype: 'bool', shape: tensor.shape, data: Uint8Array.from(tensor.data as Int32Array) }
      : tensor
  }
}

/** The operations of a file that is open. @throws ConvertError model-unreadable, weights-unreadable */
export function nodesOfFile(file: ModelFile): GraphModel {
  const topology = file.json.modelTopology
  const list = isObject(topology) ? topology.node : undefined
  if (!Array.isArray(list)) return unreadable('the model has no list of nodes')
  const nodes = new Map(list.map(nodeOf).map((node) => [node.name, node]))
  const signature = signatureOf(file)
  const named = entriesOf(signature, 'outputs').filter(({ from }) => nodes.has(from.node))
  const outputs = named.length > 0 ? named : unreadNodes(nodes)
  if (outputs.length === 0) return unreadable('the model has no output')
  return {
    name: nameOf(file.json),
    inputs: inputsOf(nodes, signature),
    nodes: ordered(
      nodes,
      outputs.map(({ from }) => from),
    ),
    outputs,
    constant: constantsOf(file.weights()),
  }
}

const nameOf = ({ name }: JsonObject): string => (typeof name === 'string' ? name : 'graph_model')

/** Reads a GraphModel from memory. */
export const readGraphArtifacts = (artifacts: ModelArtifacts): GraphModel =>
  nodesOfFile(artifactsAsFile(artifacts))
