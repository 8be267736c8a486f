import { create, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TensorProto_DataType as Type,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'

/**
 * The shape of a network like the paper's (section IV): pairs of 3×3 "valid" convolutions with ReLU, a 2×2 max pooling after
 * each pair, then dense layers and four classes.
 */
export type TinyNetwork = {
  /** S: the input is UINT8 [N,1,S,S]. */
  size: number
  /** Filters of each pair. */
  filters: readonly number[]
  dense: readonly number[]
  seed: number
}

/** For tests: runs in well under a millisecond. */
export const TINY: TinyNetwork = { size: 32, filters: [4, 8], dense: [8], seed: 1 }
/** The paper's 12 layers at S = 128, 5.0 M parameters, some 490 M multiply-adds: for measurements. */
export const DETL12: TinyNetwork = { size: 128, filters: [32, 64, 128], dense: [256, 128], seed: 1 }

/**
 * An ONNX file as the exporter's artefact is (design, section 4), with random weights and Grad-CAM in the graph: written apart from
 * the exporter, so that the server is tested against the contract and not against one writer of it.
 * @param metadata metadata_props
 * @returns the file, and the size h = w of its maps
 */
export function tinyModel(
  network: TinyNetwork,
  metadata: Record<string, string> = {},
): { onnx: Uint8Array; mapSize: number } {
  const g = new Graph(network.seed)
  let x = g.node('Cast', ['image'], { to: Type.FLOAT })
  x = g.node('Div', [x, g.constant('range', [], [255])])
  let channels = 1
  let size = network.size
  let mapSize = 0
  let features = ''
  network.filters.forEach((filters, pair) => {
    for (const first of [true, false]) {
      const w = g.random(`conv${pair}${first ? 'a' : 'b'}`, [filters, channels, 3, 3])
      x = g.node('Conv', [x, w, g.random(`${w}_b`, [filters])], { kernel_shape: [3, 3] })
      const last = pair === network.filters.length - 1 && !first
      x = g.node('Relu', [x], {}, last ? 'feature_maps' : undefined)
      channels = filters
      size -= 2
    }
    features = x
    mapSize = size
    x = g.node('MaxPool', [x], { kernel_shape: [2, 2], strides: [2, 2] })
    size = Math.floor(size / 2)
  })
  const pooled = size * size
  x = g.node('Flatten', [x], { axis: 1 })
  // Forward, keeping each layer's weights [in,out] and its mask of positive units for the way back.
  const layers: { w: string; wt: string; mask: string }[] = []
  let inputs = channels * pooled
  for (const [i, units] of network.dense.entries()) {
    const w = g.random(`dense${i}`, [inputs, units])
    x = g.node('Relu', [g.node('Gemm', [x, w, g.random(`dense${i}_b`, [units])])])
    layers.push({
      w,
      wt: g.transposed(w),
      mask: g.node('Cast', [g.node('Greater', [x, g.zero()])], { to: Type.FLOAT }),
    })
    inputs = units
  }
  const head = g.random('head', [inputs, 4])
  g.node('Gemm', [x, head, g.random('head_b', [4])], {}, 'logits')
  g.node('Softmax', ['logits'], { axis: 1 }, 'probabilities')
  // Back from each logit: [4, units] ⊙ mask [N,1,units], layer by layer, to the pooled maps; their sum over space is all that is used.
  let back = g.node('Unsqueeze', [g.transposed(head), g.ints('axis0', [0])])
  for (let i = layers.length - 1; i >= 0; i--) {
    const { w, wt, mask } = layers[i]!
    back = g.node('Mul', [back, g.node('Unsqueeze', [mask, g.ints('axis1', [1])])])
    back = g.node('MatMul', [back, i === 0 ? g.summedOverSpace(w, channels, pooled, mapSize) : wt])
  }
  g.node('Identity', [back], {}, 'cam_weights')
  const flat = g.node('Reshape', [features, g.ints('flat', [0, channels, mapSize * mapSize])])
  const sum = g.node('MatMul', ['cam_weights', flat])
  g.node('Relu', [g.node('Reshape', [sum, g.ints('map', [0, 4, mapSize, mapSize])])], {}, 'cam')
  const onnx = g.write('image', network.size, metadata, {
    logits: [4],
    probabilities: [4],
    cam: [4, mapSize, mapSize],
    feature_maps: [channels, mapSize, mapSize],
    cam_weights: [4, channels],
  })
  return { onnx, mapSize }
}

class Graph {
  readonly #nodes: NodeProto[] = []
  readonly #constants = new Map<string, { tensor: TensorProto; values: Float32Array }>()
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  node(
    opType: string,
    input: string[],
    attributes: Record<string, number | number[]> = {},
    output?: string,
  ): string {
    const out = output ?? `v${this.#nodes.length}`
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value))
    this.#nodes.push(create(NodeProtoSchema, { opType, input, output: [out], attribute }))
    return out
  }

  /** He-scaled weights from a linear congruential generator (Numerical Recipes' constants): the same in every run. */
  random(name: string, dims: number[]): string {
    const fanIn = dims.length === 4 ? dims[1]! * 9 : dims[0]!
    const scale = dims.length === 1 ? 0.05 : Math.sqrt(6 / fanIn)
    const values = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
      return (this.#state / 2 ** 31 - 1) * scale
    })
    return this.constant(name, dims, values)
  }

  zero(): string {
    return this.constant('zero', [], [0])
  }

  constant(name: string, dims: number[], values: ArrayLike<number>): string {
    const data = Float32Array.from(values)
    const tensor = create(TensorProtoSchema, {
      name,
      dims: dims.map(BigInt),
      dataType: Type.FLOAT,
      rawData: new Uint8Array(data.buffer),
    })
    this.#constants.set(name, { tensor, values: data })
    return name
  }

  ints(name: string, values: number[]): string {
    const rawData = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)
    const tensor = create(TensorProtoSchema, {
      name,
      dims: [BigInt(values.length)],
      dataType: Type.INT64,
      rawData,
    })
    this.#constants.set(name, { tensor, values: Float32Array.from(values) })
    return name
  }

  /** [in,out] → [out,in] */
  transposed(name: string): string {
    const { tensor, values } = this.#constants.get(name)!
    const [rows, cols] = tensor.dims.map(Number) as [number, number]
    return this.constant(
      `${name}_t`,
      [cols, rows],
      values.map((_, i) => values[(i % rows) * cols + Math.floor(i / rows)]!),
    )
  }

  /** W̄1 of design section 4, with the 1/(H·W) of α: [K·p,units] → [units,K] */
  summedOverSpace(name: string, k: number, pooled: number, mapSize: number): string {
    const { tensor, values } = this.#constants.get(name)!
    const units = Number(tensor.dims[1])
    const out = new Float32Array(units * k)
    for (let row = 0; row < k * pooled; row++)
      for (let u = 0; u < units; u++)
        out[u * k + Math.floor(row / pooled)]! += values[row * units + u]! / mapSize ** 2
    return this.constant(`${name}_sum`, [units, k], out)
  }

  write(
    input: string,
    size: number,
    metadata: Record<string, string>,
    outputs: Record<string, number[]>,
  ): Uint8Array {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        producerName: 'tiny-model',
        opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 17n })],
        metadataProps: Object.entries(metadata).map(([key, value]) =>
          create(StringStringEntryProtoSchema, { key, value }),
        ),
        graph: create(GraphProtoSchema, {
          name: 'tiny',
          node: this.#nodes,
          initializer: [...this.#constants.values()].map(({ tensor }) => tensor),
          input: [valueInfo(input, Type.UINT8, [1, size, size])],
          output: Object.entries(outputs).map(([name, dims]) => valueInfo(name, Type.FLOAT, dims)),
        }),
      }),
    )
  }
}

function attributeProto(name: string, value: number | number[]): AttributeProto {
  return Array.isArray(value)
    ? create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) })
    : create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
}

function valueInfo(name: string, elemType: Type, dims: number[]) {
  const dim = ['N', ...dims].map((d) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof d === 'string' ? { case: 'dimParam', value: d } : { case: 'dimValue', value: BigInt(d) },
    }),
  )
  const shape = create(TensorShapeProtoSchema, { dim })
  const tensorType = create(TypeProto_TensorSchema, { elemType, shape })
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }),
  })
}
