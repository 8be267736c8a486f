import type { Attribute, Graph, GraphNode, Tensor, Value } from '../onnx/ir.ts'
import {
  attributeFields,
  before,
  ELEMENT_TYPES,
  type Field,
  graphHead,
  modelHead,
  node,
  tensorHead,
} from './messages.ts'

/** IR version that came with an operation set (onnx/docs/Versioning.md): older readers refuse newer ones. */
const irVersion = (opset: number): number => (opset <= 18 ? 8 : opset <= 20 ? 9 : opset <= 22 ? 10 : 11)

function attribute(op: string, name: string, value: Attribute): readonly Field[] {
  if (op === 'Cast' && name === 'to')
    return attributeFields.int(name, ELEMENT_TYPES[value as keyof typeof ELEMENT_TYPES])
  if (typeof value === 'number') return attributeFields.int(name, value)
  if (typeof value === 'string') return attributeFields.string(name, value)
  if ('float' in value) {
    return typeof value.float === 'number'
      ? attributeFields.float(name, value.float)
      : attributeFields.floats(name, value.float)
  }
  if (typeof value[0] === 'string') return attributeFields.strings(name, value as string[])
  return attributeFields.ints(name, value as number[])
}

interface Copy {
  readonly name: string
  input: string
}

/** Names under which values are written: outputs and inputs by their public names. */
function publicNames(graph: Graph): { names: Map<string, string>; copies: Copy[] } {
  const names = new Map<string, string>()
  const copies: Copy[] = []
  const made = new Set(graph.nodes.flatMap((node) => node.outputs.map((value) => value.name)))
  const taken = new Set(graph.outputs.keys())
  for (const [name, value] of graph.outputs) {
    if (made.has(value.name) && !names.has(value.name)) names.set(value.name, name)
    else copies.push({ name, input: names.get(value.name) ?? value.name })
  }
  for (const value of [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)])
    if (!names.has(value.name) && taken.has(value.name)) names.set(value.name, `${value.name}/inner`)
  for (const copy of copies) copy.input = names.get(copy.input) ?? copy.input
  return { names, copies }
}

/** A value's name, type and sizes; a free size has a name of its own. */
const infoOf = (value: Value, name: string) =>
  [
    name,
    ELEMENT_TYPES[value.dtype],
    value.shape.map((size, i) => size ?? (i === 0 ? 'N' : `${name}_${i}`)),
  ] as const

function nodeField(
  { op, name, inputs, outputs, attributes }: GraphNode,
  names: ReadonlyMap<string, string>,
): Field {
  const input = inputs.map((value) => (value ? (names.get(value.name) ?? value.name) : ''))
  while (input.at(-1) === '') input.pop()
  return node(
    op,
    name,
    input,
    outputs.map((value) => names.get(value.name) ?? value.name),
    Object.entries(attributes).map(([key, value]) => attribute(op, key, value)),
  )
}

const bytesOf = (tensor: Tensor): Uint8Array =>
  new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
const length = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0)

/** TensorProto (field 5 of GraphProto) whose raw data (field 9) is a view of the tensor, not a copy. */
function initializer(name: string, tensor: Tensor, external: ExternalData | undefined): Uint8Array[] {
  const data = bytesOf(tensor)
  const outside = external?.takes(data)
  const where = outside ? external!.add(data) : undefined
  const header = tensorHead(name, tensor.shape, ELEMENT_TYPES[tensor.dtype], where)
  const body = outside ? [header] : [header, before(9, data.length), data]
  return [before(5, length(body)), ...body]
}

/** Smaller tensors stay in the model: runtimes look at shapes and axes while they read it. */
const MIN_EXTERNAL = 1024
/** Runtimes map files into memory page by page. */
const PAGE = 4096

/** The weights of a model in a file beside it (ONNX IR, TensorProto.external_data). */
class ExternalData {
  readonly parts: Uint8Array[] = []
  readonly #location: string
  #bytes = 0

  constructor(location: string) {
    this.#location = location
  }

  takes(data: Uint8Array): boolean {
    return data.length >= MIN_EXTERNAL
  }

  /** Where the data lie in the file. */
  add(data: Uint8Array): readonly (readonly [string, string | number])[] {
    const gap = (PAGE - (this.#bytes % PAGE)) % PAGE
    if (gap > 0) this.parts.push(new Uint8Array(gap))
    const offset = this.#bytes + gap
    this.parts.push(data)
    this.#bytes = offset + data.length
    return Object.entries({ location: this.#location, offset, length: data.length })
  }
}

export interface ModelInfo {
  readonly opset: number
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
  /** Name of the file beside the model that weights are put in; absent: they are in the model. */
  readonly externalData?: string
}

/** A model as the bytes of its files, in parts. */
export interface Serialised {
  readonly model: Uint8Array[]
  /** The file of weights beside it, where there is one. */
  readonly data: Uint8Array[]
}

/** Protobuf's limit for a message, and so for a model in one file. */
export const LARGEST_FILE = 2 ** 31 - 1

/** Bytes of weights. */
export const weightBytes = (graph: Graph): number =>
  [...graph.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0)

/**
 * The bytes of an ONNX file, in parts: weights are not copied, so that a large model is written from where it lies.
 * Weights are raw little-endian bytes (ONNX IR, TensorProto.raw_data).
 */
export function serialise(graph: Graph, info: ModelInfo): Serialised {
  const external = info.externalData === undefined ? undefined : new ExternalData(info.externalData)
  const { names, copies } = publicNames(graph)
  const head = graphHead(
    info.name,
    [
      ...graph.nodes.map((each) => nodeField(each, names)),
      ...copies.map(({ name, input }) => node('Identity', `${name}/Identity`, [input], [name], [])),
    ],
    graph.inputs.map((value) => infoOf(value, names.get(value.name) ?? value.name)),
    [...graph.outputs].map(([name, value]) => infoOf(value, name)),
  )
  const body = [
    head,
    ...[...graph.constants].flatMap(([name, tensor]) => initializer(name, tensor, external)),
  ]
  const model = modelHead(irVersion(info.opset), 'detl', info.opset, info.metadata)
  // Field 7 of ModelProto is the graph.
  return { model: [model, before(7, length(body)), ...body], data: external?.parts ?? [] }
}
