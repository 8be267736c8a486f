import { create, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import type { Attribute, DType, Graph, GraphNode, Tensor, Value } from '../onnx/ir.ts'

const ELEMENT: Record<DType, number> = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  int64: TensorProto_DataType.INT64,
  int32: TensorProto_DataType.INT32,
  uint16: TensorProto_DataType.UINT16,
  uint8: TensorProto_DataType.UINT8,
  bool: TensorProto_DataType.BOOL,
}

/** IR version that came with an operation set (onnx/docs/Versioning.md): older readers refuse newer ones. */
const irVersion = (opset: number): bigint => (opset <= 18 ? 8n : opset <= 20 ? 9n : opset <= 22 ? 10n : 11n)

const text = (value: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>

function attribute(op: string, name: string, value: Attribute): AttributeProto {
  if (op === 'Cast' && name === 'to')
    return create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(ELEMENT[value as DType]) })
  if (typeof value === 'number')
    return create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(value) })
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: Kind.STRING, s: text(value) })
  if ('float' in value) {
    return typeof value.float === 'number'
      ? create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value.float })
      : create(AttributeProtoSchema, { name, type: Kind.FLOATS, floats: [...value.float] })
  }
  if (typeof value[0] === 'string')
    return create(AttributeProtoSchema, { name, type: Kind.STRINGS, strings: (value as string[]).map(text) })
  return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: (value as number[]).map(BigInt) })
}

/** Names under which values are written: outputs and inputs by their public names. */
function publicNames(graph: Graph): { names: Map<string, string>; copies: NodeProto[] } {
  const names = new Map<string, string>()
  const copies: NodeProto[] = []
  const made = new Set(graph.nodes.flatMap((node) => node.outputs.map((value) => value.name)))
  const taken = new Set(graph.outputs.keys())
  for (const [name, value] of graph.outputs) {
    if (made.has(value.name) && !names.has(value.name)) names.set(value.name, name)
    else
      copies.push(
        create(NodeProtoSchema, {
          opType: 'Identity',
          name: `${name}/Identity`,
          input: [names.get(value.name) ?? value.name],
          output: [name],
        }),
      )
  }
  for (const value of [...graph.inputs, ...graph.nodes.flatMap((node) => node.outputs)])
    if (!names.has(value.name) && taken.has(value.name)) names.set(value.name, `${value.name}/inner`)
  for (const copy of copies) copy.input = copy.input.map((name) => names.get(name) ?? name)
  return { names, copies }
}

function valueInfo(value: Value, name: string): ValueInfoProto {
  const dim = value.shape.map((size, i) =>
    size === null
      ? { value: { case: 'dimParam' as const, value: i === 0 ? 'N' : `${name}_${i}` } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  )
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: ELEMENT[value.dtype], shape: { dim } } } },
  })
}

function nodeProto(node: GraphNode, names: ReadonlyMap<string, string>): NodeProto {
  const input = node.inputs.map((value) => (value ? (names.get(value.name) ?? value.name) : ''))
  while (input.at(-1) === '') input.pop()
  return create(NodeProtoSchema, {
    opType: node.op,
    name: node.name,
    input,
    output: node.outputs.map((value) => names.get(value.name) ?? value.name),
    attribute: Object.entries(node.attributes).map(([name, value]) => attribute(node.op, name, value)),
  })
}

/** Protobuf's variable-length integer. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

const bytesOf = (tensor: Tensor): Uint8Array =>
  new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
/** A length-delimited field: its number, shifted, with wire type 2. */
const tag = (field: number): Uint8Array => Uint8Array.of((field << 3) | 2)
const length = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0)

/** TensorProto (field 5 of GraphProto) whose raw data (field 9) is a view of the tensor, not a copy. */
function initializer(name: string, tensor: Tensor, external: ExternalData | undefined): Uint8Array[] {
  const data = bytesOf(tensor)
  const outside = external?.takes(data)
  const header = toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, {
      name,
      dims: tensor.shape.map(BigInt),
      dataType: ELEMENT[tensor.dtype],
      ...(outside && { dataLocation: TensorProto_DataLocation.EXTERNAL, externalData: external!.add(data) }),
    }),
  )
  const body = outside ? [header] : [header, tag(9), varint(data.length), data]
  return [tag(5), varint(length(body)), ...body]
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
  add(data: Uint8Array): { key: string; value: string }[] {
    const gap = (PAGE - (this.#bytes % PAGE)) % PAGE
    if (gap > 0) this.parts.push(new Uint8Array(gap))
    const offset = this.#bytes + gap
    this.parts.push(data)
    this.#bytes = offset + data.length
    return Object.entries({ location: this.#location, offset, length: data.length }).map(([key, value]) => ({
      key,
      value: String(value),
    }))
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
  const outputs = [...graph.outputs].map(([name, value]) => valueInfo(value, name))
  const named = (value: Value) => names.get(value.name) ?? value.name
  const head = toBinary(
    GraphProtoSchema,
    create(GraphProtoSchema, {
      name: info.name,
      node: [...graph.nodes.map((node) => nodeProto(node, names)), ...copies],
      input: graph.inputs.map((value) => valueInfo(value, named(value))),
      output: outputs,
    }),
  )
  const body = [
    head,
    ...[...graph.constants].flatMap(([name, tensor]) => initializer(name, tensor, external)),
  ]
  const model = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: irVersion(info.opset),
      producerName: 'detl',
      opsetImport: [{ domain: '', version: BigInt(info.opset) }],
      metadataProps: Object.entries(info.metadata).map(([key, value]) => ({ key, value })),
    }),
  )
  // Field 7 of ModelProto is the graph.
  return { model: [model, tag(7), varint(length(body)), ...body], data: external?.parts ?? [] }
}
