import { create } from '@bufbuild/protobuf'
import type { Int8Calibration } from '@detl/core/model/int8-calibration'
import {
  AttributeProto_AttributeType as Kind,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType as Type,
} from 'onnx-buf'
import { ConvertError } from '../errors.ts'
import type { OnnxModel } from './onnx-model.ts'
import type { Plan } from './plan.ts'

type Scale = { readonly scale: number; readonly zeroPoint: number }

/**
 * Writes a plan into the model, as pairs of QuantizeLinear and DequantizeLinear that runtimes fuse with what stands between them.
 * Activations UINT8, the zero point always written (without it a convolution before ReLU or Clip is refused); weights INT8, symmetric, a
 * scale for each output channel; biases INT32. The activation of a layer becomes the range of its output.
 */
export function rewrite(
  model: OnnxModel,
  plan: Plan,
  { ranges, shifts }: Pick<Int8Calibration, 'ranges' | 'shifts'>,
): void {
  for (const [output, shift] of Object.entries(shifts)) moveBias(model, output, shift)
  const scales = scalesOf(plan, ranges)
  for (const { node, activation, output } of plan.nodes) {
    quantiseWeights(model, node, scales.get(node.input[0]!)!.scale)
    if (!activation) continue
    node.output = [output]
    model.graph.node.splice(model.graph.node.indexOf(activation), 1)
  }
  const dequantised = new Map<string, string>()
  for (const [value, scale] of scales)
    dequantised.set(value, pair(model, value, scale, plan.image?.value === value))
  for (const node of model.graph.node) {
    if (node.opType === 'QuantizeLinear' || node.opType === 'DequantizeLinear') continue
    node.input = node.input.map((input) => dequantised.get(input) ?? input)
  }
  model.sweep()
  sortNodes(model)
}

/** Adds to the bias of the layer that makes a value. The bias of another layer that had the same stays. */
function moveBias(model: OnnxModel, output: string, shift: readonly number[]): void {
  const node = model.producer(output)
  const bias = node && model.constant(node.input[2] ?? '')
  if (!bias || bias.data.length !== shift.length)
    throw new ConvertError(
      'unsupported-option',
      `the calibration moves a bias of ${shift.length} numbers at "${output}", where the model has ${bias ? bias.data.length : 'none'}: it is of another network; calibrate again`,
    )
  const moved = bias.data.map((value, i) => value + shift[i]!)
  node.input[2] = model.add(`${output}/moved_bias`, Type.FLOAT, bias.dims, moved)
}

function scalesOf(plan: Plan, ranges: Int8Calibration['ranges']): Map<string, Scale> {
  const scales = new Map<string, Scale>()
  if (plan.image) scales.set(plan.image.value, { scale: plan.image.scale, zeroPoint: 0 })
  const rectified = new Set(plan.nodes.filter(({ activation }) => activation).map(({ output }) => output))
  for (const value of plan.measured) {
    const [min, max] = ranges[value]!
    const from = rectified.has(value) ? 0 : Math.min(min, 0)
    const scale = (Math.max(max, 0) - from || 1) / 255
    scales.set(value, { scale, zeroPoint: Math.round(-from / scale) })
  }
  for (const [value, from] of plan.shared) scales.set(value, scales.get(from)!)
  return scales
}

/** Value → 8 bits → value. @returns the name under which all but its maker know it */
function pair(model: OnnxModel, value: string, { scale, zeroPoint }: Scale, isImage: boolean): string {
  const parameters = [
    model.add(`${value}/scale`, Type.FLOAT, [], Float32Array.of(scale)),
    model.add(`${value}/zero_point`, Type.UINT8, [], Uint8Array.of(zeroPoint)),
  ]
  if (isImage) {
    const restored = `${value}/dequantised`
    model.graph.node.push(linear('DequantizeLinear', [model.graph.input[0]!.name, ...parameters], restored))
    return restored
  }
  const maker = model.producer(value)!
  const isOutput = model.isOutput(value)
  const restored = isOutput ? value : `${value}/dequantised`
  const made = isOutput ? `${value}/float` : value
  maker.output = maker.output.map((output) => (output === value ? made : output))
  model.graph.node.push(
    linear('QuantizeLinear', [made, ...parameters], `${value}/quantised`),
    linear('DequantizeLinear', [`${value}/quantised`, ...parameters], restored),
  )
  return restored
}

function quantiseWeights(model: OnnxModel, node: NodeProto, inputScale: number): void {
  const [, w = '', b] = node.input
  const { dims, data } = model.constant(w)!
  // Output channels are the first axis of a convolution's weights, the last of a dense layer's.
  const axis = node.opType === 'Conv' ? 0 : 1
  const channels = dims[axis]!
  const channelOf =
    axis === 0 ? (i: number) => Math.floor((i * channels) / data.length) : (i: number) => i % channels
  const scales = new Float32Array(channels)
  for (let i = 0; i < data.length; i++) {
    const c = channelOf(i)
    scales[c] = Math.max(scales[c]!, Math.abs(data[i]!) / 127)
  }
  for (let c = 0; c < channels; c++) if (scales[c] === 0) scales[c] = 1
  const levels = new Int8Array(data.length)
  for (let i = 0; i < data.length; i++) levels[i] = Math.round(data[i]! / scales[channelOf(i)]!)
  const name = `${node.output[0]}/weights`
  const weights = [
    model.add(`${name}/quantised`, Type.INT8, dims, levels),
    model.add(`${name}/scale`, Type.FLOAT, [channels], scales),
    model.add(`${name}/zero_point`, Type.INT8, [channels], new Int8Array(channels)),
  ]
  model.graph.node.push(linear('DequantizeLinear', weights, name, axis))
  node.input = [node.input[0]!, name]
  const bias = b ? model.constant(b)?.data : undefined
  if (bias) node.input.push(quantiseBias(model, `${node.output[0]}/bias`, bias, scales, inputScale))
}

/** INT32 at the scale of the products that it is added to. */
function quantiseBias(
  model: OnnxModel,
  name: string,
  bias: Float32Array,
  weightScales: Float32Array,
  inputScale: number,
): string {
  const scales = weightScales.map((scale) => Math.fround(scale * inputScale))
  const levels = Int32Array.from(bias, (value, c) => Math.round(value / scales[c]!))
  const parts = [
    model.add(`${name}/quantised`, Type.INT32, [bias.length], levels),
    model.add(`${name}/scale`, Type.FLOAT, [bias.length], scales),
    model.add(`${name}/zero_point`, Type.INT32, [bias.length], new Int32Array(bias.length)),
  ]
  model.graph.node.push(linear('DequantizeLinear', parts, name, 0))
  return name
}

const linear = (opType: string, input: string[], output: string, axis?: number): NodeProto =>
  create(NodeProtoSchema, {
    opType,
    name: output,
    input,
    output: [output],
    attribute: axis === undefined ? [] : [{ name: 'axis', type: Kind.INT, i: BigInt(axis) }],
  })

/** ONNX wants each node behind those that make its inputs. */
function sortNodes({ graph }: OnnxModel): void {
  const made = new Set([...graph.input, ...graph.initializer].map(({ name }) => name).concat(''))
  const sorted: NodeProto[] = []
  for (let rest = graph.node; rest.length > 0; ) {
    const ready = rest.filter((node) => node.input.every((input) => made.has(input)))
    for (const node of ready) for (const output of node.output) made.add(output)
    sorted.push(...ready)
    rest = rest.filter((node) => !ready.includes(node))
    if (ready.length === 0) throw new Error(`the graph has a circle at ${rest[0]!.name}`)
  }
  graph.node = sorted
}
