import type { NetworkLayer } from '@detl/core/cam/network'
import { ConvertError } from './errors.ts'
import {
  describeNode,
  type NodeContext,
  type NodeRow,
  type NodeRows,
  unsupportedNode,
} from './node-lowering/context.ts'
import { type Element, KnownValues } from './node-lowering/known.ts'
import type { GraphModel, Node } from './nodes/model.ts'
import { NodeNetwork } from './nodes/network.ts'
import type { Builder, Value } from './onnx/ir.ts'
import { float32, int32, sizeOf } from './onnx/tensor.ts'

/** A lowered GraphModel. */
export interface LoweredNodes {
  readonly outputs: readonly Value[]
  /** The operations that an output is made of, as core looks at a network. */
  readonly networkOf: (output: number) => readonly NetworkLayer[]
  /** The first output of a node, and whether its channels lie at axis 1. */
  readonly layerOf: (name: string) => { readonly value: Value; readonly channelsFirst: boolean } | undefined
}

const nodeRowOf = (rows: NodeRows, op: string): NodeRow | undefined =>
  Object.hasOwn(rows, op) ? rows[op] : undefined

const listed = (names: Iterable<string>): string => [...new Set(names)].sort().join(', ')

/** @throws ConvertError naming all operations at once that are refused or have no row */
function checkOperations(model: GraphModel, rows: NodeRows): void {
  const computed = model.nodes.filter(({ op }) => op !== 'Const' && op !== 'Placeholder')
  const reasons = new Map<string, string[]>()
  for (const { op } of computed) {
    const why = nodeRowOf(rows, op)?.refused
    if (why) reasons.set(why, [...(reasons.get(why) ?? []), op])
  }
  const unknown = computed.filter(({ op }) => !nodeRowOf(rows, op)).map(({ op }) => op)
  if (reasons.size > 0)
    throw new ConvertError(
      'model-unsupported',
      `the GraphModel has ${[...reasons]
        .sort()
        .map(([why, ops]) => `${why}: ${listed(ops)}`)
        .join('; ')}; supported: the operations of docs/onnx-support.md`,
    )
  if (unknown.length > 0)
    throw new ConvertError(
      'unknown-layer',
      `there is no lowering for the operation${new Set(unknown).size === 1 ? '' : 's'} ${listed(unknown)}; the table is docs/onnx-support.md, and --layers (operations in ConvertOptions) adds lowerings of one's own`,
    )
}

/** What is known of a value's elements; where nothing is and there are few, that much. */
function elementsOf(value: Value, known: KnownValues): readonly Element[] | undefined {
  const found = known.of(value)
  if (found || value.shape.length > 1 || value.shape.includes(null)) return found
  const size = sizeOf(value.shape as number[])
  return size <= 16 ? new Array<null>(size).fill(null) : undefined
}

/** Notes what is known of an output; where all of it is, a constant takes its place. */
function evaluated(
  row: NodeRow,
  node: Node,
  inputs: readonly Value[],
  output: Value,
  index: number,
  { g, known }: NodeContext,
): Value {
  if (!row.evaluate || g.constantOf(output)) return output
  const elements = inputs.map((value) => elementsOf(value, known))
  // A Shape asks for the sizes of its input, not for its elements.
  if (elements.includes(undefined) && node.op !== 'Shape' && node.op !== 'Size') return output
  const found = row.evaluate(
    elements.map((list) => list ?? []),
    { node, inputs, output, index, known },
  )
  if (!found?.some((e) => e !== null)) return output
  if (!found.every((e) => typeof e === 'number') || output.shape.includes(null)) {
    known.set(output, found)
    return output
  }
  const shape = output.shape as number[]
  if (output.dtype === 'bool')
    return g.constant({ dtype: 'bool', shape, data: Uint8Array.from(found) }, 'known')
  return g.constant(output.dtype === 'float32' ? float32(shape, found) : int32(found, shape), 'known')
}

/** Outputs are mixed with what is not the batch where an input is. */
function passBatch(inputs: readonly Value[], outputs: readonly Value[], { known }: NodeContext): void {
  const isFree = ({ shape }: Value) => shape.includes(null)
  if (inputs.every((value) => !isFree(value) || known.keepsBatch(value))) return
  for (const output of outputs) if (isFree(output)) known.setBatch(output, false)
}

/** Attributes that say nothing of what an operation computes: types, counts of inputs, hints to a device. */
const NEUTRAL =
  /^(T|T[a-z_]+|incompatible_shape_error|index_type|DstT|SrcT|N|Index|Truncate|dtype|out_type|output_type|element_dtype|shape|value|num|num_split|_.*|use_cudnn_on_gpu|device|message|container|shared_name|validate_indices|validate_shape|exponential_avg_factor|data_format|explicit_paddings|epsilon|num_args|fused_ops|is_training|leakyrelu_alpha|U|T0|T1|T2|grad_a|grad_b|TI|half_to_float|TArgs|type_attr|keep_dims|is_constant)$/

/**
 * Refuses attributes that nothing read: a meaning that is not known must not be dropped.
 * @throws ConvertError unsupported-option, naming them
 */
function refuseUnreadAttributes(node: Node): void {
  const unread = node.attributes.unread().filter((key) => !NEUTRAL.test(key))
  if (unread.length > 0)
    unsupportedNode(
      node,
      unread.map((key) => `${key} is ${node.attributes.shown(key)}`).join(', '),
      'no such attribute',
    )
}

function lowerNode(
  row: NodeRow,
  node: Node,
  inputs: readonly Value[],
  context: NodeContext,
): readonly Value[] {
  const { g } = context
  g.scope = node.name
  try {
    const outputs = row.lower(node, inputs, context)
    refuseUnreadAttributes(node)
    passBatch(inputs, outputs, context)
    return outputs.map((output, i) => evaluated(row, node, inputs, output, i, context))
  } catch (error) {
    if (error instanceof ConvertError) throw error
    const shapes = inputs.map((value) => `[${value.shape.map((d) => d ?? '?')}]`).join(', ')
    throw new ConvertError(
      'shape-mismatch',
      `${describeNode(node)} on ${shapes}: ${(error as Error).message}`,
      { cause: error },
    )
  } finally {
    g.scope = ''
  }
}

/** Adds a whole GraphModel to a graph; inputs are in the layout and type that tfjs takes. */
export function lowerNodes(
  model: GraphModel,
  rows: NodeRows,
  g: Builder,
  inputs: readonly Value[],
): LoweredNodes {
  checkOperations(model, rows)
  const context: NodeContext = { g, known: new KnownValues(g, inputs) }
  const values = new Map<string, readonly Value[]>()
  const network = new NodeNetwork()
  for (const [i, { node }] of model.inputs.entries()) values.set(node, [inputs[i]!])
  const at = ({ node, output }: { node: string; output: number }): Value =>
    values.get(node)?.[output] ?? unreadable(`output ${output} of node "${node}" is read and does not exist`)
  for (const node of model.nodes) {
    if (values.has(node.name)) continue
    if (node.op === 'Const') {
      values.set(node.name, [g.constant(model.constant(node), node.name)])
      continue
    }
    if (node.op === 'Placeholder') unreadable(`"${node.name}" is an input that the signature does not name`)
    const row = nodeRowOf(rows, node.op)!
    const outputs = lowerNode(row, node, node.inputs.map(at), context)
    values.set(node.name, outputs)
    const [first] = outputs
    if (first && !g.constantOf(first)) network.add(node, first, row.layerClass)
  }
  return {
    outputs: model.outputs.map(({ from }) => at(from)),
    networkOf: (output) => network.before(model.outputs[output]!.from.node),
    layerOf: (name) => {
      const [value] = values.get(name) ?? []
      return value && { value, channelsFirst: network.isChannelsFirst(name) }
    },
  }
}

const unreadable = (what: string): never => {
  throw new ConvertError('model-unreadable', what)
}
