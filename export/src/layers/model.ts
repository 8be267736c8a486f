import type { Dim, DType, Tensor } from '../graph/ir.ts'
import type { Config } from './config.ts'

/** One layer as the file describes it. A layer that is called several times is one object: its weights are shared. */
export interface Layer {
  readonly name: string
  readonly className: string
  readonly config: Config
  /** Names of the models that it lies in, outermost first, then its own. */
  readonly path: readonly string[]
  /** For a nested model. */
  readonly model?: Model
  /** For wrappers (Bidirectional, TimeDistributed) and RNN: the layers that they hold. */
  readonly inner?: readonly Layer[]
}

/** One call of a layer; inputs and outputs are keys of tensors within their model. */
export interface Call {
  readonly layer: Layer
  readonly inputs: readonly string[]
  readonly output: string
}

export interface ModelInput {
  readonly name: string
  readonly key: string
  /** With the batch at 0; undefined where a nested model takes the shape of what it is called on. */
  readonly shape: readonly Dim[] | undefined
  readonly dtype: DType
}

/** A model as calls in an order in which they can be made. */
export interface Model {
  readonly name: string
  readonly inputs: readonly ModelInput[]
  readonly calls: readonly Call[]
  readonly outputs: readonly { readonly name: string; readonly key: string }[]
}

/** Where weights come from. */
export interface Weights {
  /** The tensor of one weight of a layer, or undefined where the file has none of that name. */
  find(layer: Layer, name: string, index: number): Tensor | undefined
  /** Names of all weights, for messages. */
  readonly names: readonly string[]
}
