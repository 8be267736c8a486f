import type { DType, Shape, Tensor } from '../onnx/ir.ts'

/** What a lowering may ask of an operation's attributes. Those that nothing asked for are refused in the end. */
export interface Attributes {
  int(key: string, fallback?: number): number
  float(key: string, fallback?: number): number
  bool(key: string, fallback?: boolean): boolean
  ints(key: string, fallback?: readonly number[]): readonly number[]
  text(key: string, fallback?: string): string
  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T
  texts(key: string): readonly string[]
  type(key: string, fallback?: DType): DType
  shape(key: string): Shape | undefined
  /** Attributes that say something and that nothing asked for. */
  unread(): string[]
  /** An attribute's value as the file has it, for messages. */
  shown(key: string): string
}

/** One output of a node. */
export interface Edge {
  readonly node: string
  readonly output: number
}

/** One operation of TensorFlow's (a NodeDef), without its control inputs. */
export interface Node {
  readonly name: string
  readonly op: string
  readonly inputs: readonly Edge[]
  readonly attributes: Attributes
}

export interface NodeInput {
  readonly name: string
  /** Its placeholder. */
  readonly node: string
  /** undefined: the file does not tell its rank. */
  readonly shape: Shape | undefined
  readonly dtype: DType
}

/** A tfjs GraphModel: the operations that its outputs need, in an order in which they can be run. */
export interface GraphModel {
  readonly name: string
  readonly inputs: readonly NodeInput[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly { readonly name: string; readonly from: Edge }[]
  /** The value of a Const node. @throws ConvertError weights-unreadable */
  constant(node: Node): Tensor
}
