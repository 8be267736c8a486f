import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
  TensorProto_DataType as Type,
} from 'onnx-buf'
import { ConvertError } from '../errors.ts'
import { fromHalves } from '../onnx/half.ts'

/** An ONNX file taken apart: what makes a value, who takes it, and the weights as numbers. */
export class OnnxModel {
  readonly proto: ModelProto
  readonly graph: GraphProto
  /** By the name of their tensor: those of a dense layer are asked for several times. */
  readonly #constants = new Map<string, { dims: number[]; data: Float32Array } | undefined>()

  /** @throws ConvertError `model-unreadable` where the bytes are no ONNX model */
  constructor(bytes: Uint8Array) {
    try {
      // Not as a Buffer, whose `slice` does not copy: what is read from its weights would lie anywhere in it.
      const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      this.proto = fromBinary(ModelProtoSchema, plain)
    } catch (cause) {
      throw new ConvertError('model-unreadable', 'the bytes are no ONNX model', { cause })
    }
    if (!this.proto.graph) throw new ConvertError('model-unreadable', 'the ONNX model has no graph')
    this.graph = this.proto.graph
  }

  /** Version of the default operation set. */
  get opset(): number {
    return Number(this.proto.opsetImport.find(({ domain }) => domain === '')?.version ?? 0)
  }

  producer(value: string): NodeProto | undefined {
    return this.graph.node.find((node) => node.output.includes(value))
  }

  consumers(value: string): NodeProto[] {
    return this.graph.node.filter((node) => node.input.includes(value))
  }

  isOutput(value: string): boolean {
    return this.graph.output.some(({ name }) => name === value)
  }

  /** The values of a float constant, also one that is stored in half precision behind a Cast. */
  constant(value: string): { dims: number[]; data: Float32Array } | undefined {
    const maker = this.producer(value)
    const name = maker?.opType === 'Cast' ? maker.input[0] : value
    if (name === undefined || this.#constants.has(name)) return this.#constants.get(name ?? '')
    const tensor = this.graph.initializer.find((t) => t.name === name)
    if (!tensor) return undefined // one of that name may be added yet
    const constant = floats(tensor)
    this.#constants.set(name, constant)
    return constant
  }

  /** Says anew what metadata_props have, by key; a key that the model has not is passed over. */
  describe(metadata: Readonly<Record<string, string>>): void {
    for (const property of this.proto.metadataProps) property.value = metadata[property.key] ?? property.value
  }

  /** Adds an initialiser and names it. */
  add(name: string, dataType: Type, dims: readonly number[], data: ArrayBufferView): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    this.graph.initializer.push(
      create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData }),
    )
    return name
  }

  /** Drops what nothing takes any more: nodes first, then weights. */
  sweep(): void {
    for (let before = -1; before !== this.graph.node.length; ) {
      before = this.graph.node.length
      const taken = this.#taken()
      this.graph.node = this.graph.node.filter((node) => node.output.some((o) => taken.has(o)))
    }
    const taken = this.#taken()
    this.graph.initializer = this.graph.initializer.filter(({ name }) => taken.has(name))
  }

  write(): Uint8Array {
    return toBinary(ModelProtoSchema, this.proto)
  }

  #taken(): Set<string> {
    const outputs = this.graph.output.map(({ name }) => name)
    return new Set([...this.graph.node.flatMap((node) => node.input), ...outputs])
  }
}

function floats(tensor: TensorProto): { dims: number[]; data: Float32Array } | undefined {
  const dims = tensor.dims.map(Number)
  const bytes = tensor.rawData.slice()
  if (tensor.dataType === Type.FLOAT && bytes.length > 0)
    return { dims, data: new Float32Array(bytes.buffer) }
  if (tensor.dataType === Type.FLOAT) return { dims, data: Float32Array.from(tensor.floatData) }
  if (tensor.dataType === Type.FLOAT16 && bytes.length > 0)
    return { dims, data: fromHalves(new Uint16Array(bytes.buffer)) }
  return undefined
}
