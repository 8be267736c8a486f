/** Element types that the converter uses; `float16` data lies in a Uint16Array of bits. */
export type DType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint16' | 'uint8' | 'bool'
/** null: known only at run time (the batch, or a free spatial size). */
export type Dim = number | null
export type Shape = readonly Dim[]

export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array

/** A constant: row-major, `shape` product = `data.length`. */
export interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: TensorData
  /** How a float32 tensor was stored in tfjs's file, where that takes fewer bytes. It is lost where values are computed anew. */
  readonly grid?: Grid
}

/** The few values that a tensor's elements are among: halves, or `(integer − zero) · scale` as an affine quantisation has them. */
export type Grid =
  | { readonly dtype: 'float16' }
  | {
      readonly dtype: 'uint8' | 'uint16'
      readonly zero: number
      /** One, or one for each index of `axis`. */
      readonly scale: readonly number[]
      readonly axis?: number
    }

/** What is known of a tensor before it is computed. */
export interface Type {
  readonly dtype: DType
  readonly shape: Shape
}

/** A tensor of the graph by name. */
export interface Value extends Type {
  readonly name: string
}

/** ONNX tells INT from FLOAT attributes; a plain number is an INT. */
export interface FloatAttribute {
  readonly float: number | readonly number[]
}
export type Attribute = number | string | readonly number[] | readonly string[] | FloatAttribute
export type Attributes = Readonly<Record<string, Attribute>>

/**
 * One operation. Operations are ONNX's, with two liberties that `legalise` removes:
 * what ONNX takes as a constant input (Reshape's shape, Pad's pads, Slice's starts, …) is an attribute,
 * and a few gradient operations (`MaxPoolGrad`, …) exist until they are expanded.
 */
export interface GraphNode {
  readonly op: string
  readonly name: string
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  readonly attributes: Attributes
}

/** Nodes in topological order; `outputs` maps the graph's public output names to values. */
export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly inputs: readonly Value[]
  readonly outputs: ReadonlyMap<string, Value>
  readonly constants: ReadonlyMap<string, Tensor>
}

/** What lowerings, gradients and passes build with. Every operation's types and shapes are inferred as it is added. */
export interface Builder extends Graph {
  /** Prefix of the names of new nodes and constants: the layer that they come from. */
  scope: string
  constant(tensor: Tensor, hint?: string): Value
  /** A float32 constant without axes. */
  number(value: number, hint?: string): Value
  /** Adds an operation with one output and returns that output. */
  op(op: string, inputs: readonly (Value | undefined)[], attributes?: Attributes): Value
  /** Adds an operation with `count` outputs. */
  multi(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes, count: number): Value[]
  /** Adds an operation whose output types are known. */
  raw(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    types: readonly Type[],
  ): Value[]
  output(name: string, value: Value): void
  /** The constant that a value is. */
  constantOf(value: Value | undefined): Tensor | undefined
  /** The operation that a value comes from. */
  producer(value: Value | undefined): GraphNode | undefined
}

export const float = (value: number | readonly number[]): FloatAttribute => ({ float: value })

/** Ints of an attribute, for readers that know its kind. */
export const ints = (
  attributes: Attributes,
  key: string,
  fallback?: readonly number[],
): readonly number[] => {
  const value = attributes[key] ?? fallback
  if (!Array.isArray(value)) throw new Error(`attribute ${key} is not a list of integers`)
  return value as readonly number[]
}

export const int = (attributes: Attributes, key: string, fallback?: number): number => {
  const value = attributes[key] ?? fallback
  if (typeof value !== 'number') throw new Error(`attribute ${key} is not an integer`)
  return value
}

/** Value of a FLOAT attribute. */
export const floatOf = (attributes: Attributes, key: string, fallback?: number): number => {
  const value = attributes[key]
  if (value === undefined && fallback !== undefined) return fallback
  if (typeof value === 'object' && 'float' in value && typeof value.float === 'number') return value.float
  throw new Error(`attribute ${key} is not a float`)
}

/** Values of a FLOATS attribute. */
export const floatsOf = (attributes: Attributes, key: string): readonly number[] => {
  const value = attributes[key]
  if (typeof value === 'object' && 'float' in value && typeof value.float !== 'number') return value.float
  throw new Error(`attribute ${key} is not a list of floats`)
}
