import type { NodeProto } from 'onnx-buf'

/** A convolution or large dense layer that is to be computed with 8-bit integers. */
export type IntegerNode = {
  readonly node: NodeProto
  /** The activation behind it, which the range of its output takes over. */
  readonly activation: NodeProto | undefined
  /** What it gives, behind the activation. */
  readonly output: string
}

export type Plan = {
  readonly nodes: readonly IntegerNode[]
  /** Values that become 8-bit, in the order of the graph; each with its own range. */
  readonly measured: readonly string[]
  /** Value → the value whose range it has: a maximum, or another shape, of the same numbers. */
  readonly shared: ReadonlyMap<string, string>
  /** The value that is the input image times a factor, and the factor: it is 8-bit from the start. */
  readonly image: { readonly value: string; readonly scale: number } | undefined
  /** Outputs of the layers whose biases are corrected: those with integers, and the first dense one, in the order of the graph. */
  readonly corrected: readonly string[]
}
