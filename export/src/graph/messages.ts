import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/**
 * The messages of an ONNX file, by the field numbers of onnx.proto. Written with the library's writer alone: its reflection, with the description
 * of all of ONNX, would be a third of what a page loads to convert.
 */
export type Field = (writer: BinaryWriter) => void

/** A message; fields in the order of their numbers, as other writers put them. */
export function message(...fields: readonly (Field | readonly Field[])[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const field of fields.flat()) field(writer)
  return writer.finish()
}

const integer = (number: number, value: number | bigint): Field => {
  return (writer) => writer.tag(number, WireType.Varint).int64(BigInt(value))
}
const float = (number: number, value: number): Field => {
  return (writer) => writer.tag(number, WireType.Bit32).float(value)
}
const bytes = (number: number, value: Uint8Array): Field => {
  return (writer) => writer.tag(number, WireType.LengthDelimited).bytes(value)
}
const text = (number: number, value: string): Field => {
  return (writer) => writer.tag(number, WireType.LengthDelimited).string(value)
}

/** TensorProto.DataType */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  uint16: 4,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const
/** AttributeProto.AttributeType */
const KINDS = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const
/** TensorProto.DataLocation */
const EXTERNAL = 1

const entry = (number: number, [key, value]: readonly [string, string | number]): Field =>
  bytes(number, message(text(1, key), text(2, String(value))))

/** AttributeProto */
export const attributeFields = {
  float: (name: string, value: number) => [text(1, name), float(2, value), integer(20, KINDS.float)],
  int: (name: string, value: number) => [text(1, name), integer(3, value), integer(20, KINDS.int)],
  string: (name: string, value: string) => [text(1, name), text(4, value), integer(20, KINDS.string)],
  floats: (name: string, values: readonly number[]) => [
    text(1, name),
    ...values.map((value) => float(7, value)),
    integer(20, KINDS.floats),
  ],
  ints: (name: string, values: readonly number[]) => [
    text(1, name),
    ...values.map((value) => integer(8, value)),
    integer(20, KINDS.ints),
  ],
  strings: (name: string, values: readonly string[]) => [
    text(1, name),
    ...values.map((value) => text(9, value)),
    integer(20, KINDS.strings),
  ],
} as const

/** NodeProto, as a field of GraphProto. */
export const node = (
  op: string,
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly (readonly Field[])[],
): Field =>
  bytes(
    1,
    message(
      inputs.map((value) => text(1, value)),
      outputs.map((value) => text(2, value)),
      text(3, name),
      text(4, op),
      attributes.map((fields) => bytes(5, message(fields))),
    ),
  )

/** ValueInfoProto, as a field of GraphProto; a size by its number, or by a name where it is free. */
const valueInfo = (
  number: number,
  name: string,
  element: number,
  sizes: readonly (number | string)[],
): Field => {
  const shape = message(
    sizes.map((size) => bytes(1, message(typeof size === 'number' ? integer(1, size) : text(2, size)))),
  )
  const tensor = message(integer(1, element), bytes(2, shape))
  return bytes(number, message(text(1, name), bytes(2, message(bytes(1, tensor)))))
}
type Info = readonly [name: string, element: number, sizes: readonly (number | string)[]]

/** GraphProto without its weights, which lie behind it. */
export const graphHead = (
  name: string,
  nodes: readonly Field[],
  inputs: readonly Info[],
  outputs: readonly Info[],
): Uint8Array =>
  message(
    nodes,
    text(2, name),
    inputs.map((info) => valueInfo(11, ...info)),
    outputs.map((info) => valueInfo(12, ...info)),
  )

/** TensorProto without its data; `external`: where these lie in another file. */
export const tensorHead = (
  name: string,
  sizes: readonly number[],
  element: number,
  external: readonly (readonly [string, string | number])[] | undefined,
): Uint8Array =>
  message(
    sizes.map((size) => integer(1, size)),
    integer(2, element),
    text(8, name),
    external ? [...external.map((pair) => entry(13, pair)), integer(14, EXTERNAL)] : [],
  )

/** ModelProto without its graph. */
export const modelHead = (
  irVersion: number,
  producer: string,
  opset: number,
  metadata: Readonly<Record<string, string>>,
): Uint8Array =>
  message(
    integer(1, irVersion),
    text(2, producer),
    bytes(8, message(text(1, ''), integer(2, opset))),
    Object.entries(metadata).map((pair) => entry(14, pair)),
  )

/** What stands before a field of bytes: its number with its kind, and its length. */
export const before = (number: number, length: number): Uint8Array =>
  new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish()
