import { create } from '@bufbuild/protobuf'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as Type,
} from 'onnx-buf'
import { ConvertError } from '../errors.ts'
import { OnnxModel } from '../quantise/onnx-model.ts'
import { PREFIX } from './prefix.ts'

/**
 * Puts the network that outlines lungs into a screening model's graph: it takes the same tensor, resized within the graph where it wants another size, and
 * gives one more output, `regions`. So one file and one run answer both, in every runtime that ran the model before. What the graph had of `regions` is replaced.
 * @param screening model.onnx, UINT8 `image` [N,1,S,S]
 * @param lungs as `exportLungs` wrote it
 * @throws ConvertError shape-mismatch where the sizes are too far apart; unsupported-option where the operation sets differ
 */
export function addRegions(
  screening: Uint8Array,
  lungs: Uint8Array,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const model = withoutRegions(new OnnxModel(screening))
  const added = new OnnxModel(lungs)
  if (model.opset !== added.opset)
    throw new ConvertError(
      'unsupported-option',
      `the model is of operation set ${model.opset}, the lungs’ network of ${added.opset}: export both with the same --opset`,
    )
  const image = model.graph.input[0]!.name
  const from = sideOf(model)
  const to = sideOf(added)
  const own = added.graph.input[0]!.name
  const source = from === to ? image : resized(model, image, to / from, from, to)
  const named = (value: string) =>
    value === own ? source : value === OUTPUTS.regions || value === '' ? value : PREFIX + value
  for (const node of added.graph.node)
    model.graph.node.push({
      ...node,
      name: PREFIX + node.name,
      input: node.input.map(named),
      output: node.output.map(named),
    })
  for (const tensor of added.graph.initializer)
    model.graph.initializer.push({ ...tensor, name: PREFIX + tensor.name })
  model.graph.output.push(...added.graph.output)
  model.describe(metadata)
  return model.write()
}

/** The model as it was before a network of lungs was put in. */
function withoutRegions(model: OnnxModel): OnnxModel {
  model.graph.output = model.graph.output.filter(({ name }) => name !== OUTPUTS.regions)
  model.sweep()
  return model
}

function sideOf(model: OnnxModel): number {
  const type = model.graph.input[0]?.type?.value
  const side = type?.case === 'tensorType' ? type.value.shape?.dim.at(-1)?.value : undefined
  if (side?.case !== 'dimValue')
    throw new ConvertError('shape-mismatch', 'the side of a model’s image is not fixed')
  return Number(side.value)
}

/** Beyond this ratio a linear resize leaves pixels out. */
const MOST = 2

/** Bilinear, on pixels' centres (`half_pixel`), as the wire tensor was fitted. */
function resized(model: OnnxModel, image: string, ratio: number, from: number, to: number): string {
  if (ratio > MOST || ratio < 1 / MOST)
    throw new ConvertError(
      'shape-mismatch',
      `the model’s image is ${from} × ${from}, the lungs’ network takes ${to} × ${to}`,
    )
  const floats = `${PREFIX}resize`
  const scales = model.add(
    `${PREFIX}scales`,
    Type.FLOAT,
    [4],
    Float32Array.of(1, 1, scaleFor(from, to), scaleFor(from, to)),
  )
  const text = (name: string, value: string) =>
    create(AttributeProtoSchema, {
      name,
      type: AttributeProto_AttributeType.STRING,
      s: new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>,
    })
  model.graph.node.push(
    create(NodeProtoSchema, {
      opType: 'Cast',
      name: `${floats}/Cast`,
      input: [image],
      output: [floats],
      attribute: [
        create(AttributeProtoSchema, {
          name: 'to',
          type: AttributeProto_AttributeType.INT,
          i: BigInt(Type.FLOAT),
        }),
      ],
    }),
    create(NodeProtoSchema, {
      opType: 'Resize',
      name: `${floats}/Resize`,
      input: [floats, '', scales],
      output: [`${floats}/resized`],
      attribute: [text('mode', 'linear'), text('coordinate_transformation_mode', 'half_pixel')],
    }),
  )
  return `${floats}/resized`
}

/** The scale by which `from` becomes exactly `to`: runtimes round the product of two floats down. */
function scaleFor(from: number, to: number): number {
  let scale = Math.fround(to / from)
  for (let step = 0; Math.floor(Math.fround(scale * from)) < to; step++)
    scale = Math.fround((to + step * 1e-6) / from)
  return scale
}
