import type { LayersModel } from './layers/model.ts'
import type { GraphModel } from './nodes/model.ts'
import type { DType, Shape } from './onnx/ir.ts'

/** A model that can be converted: as layers, or as TensorFlow's operations. */
export type Source = LayersModel | GraphModel

export const isGraph = (source: Source): source is GraphModel => 'nodes' in source

/** What all models have: a name, inputs and outputs. */
export interface Interface {
  readonly name: string
  readonly inputs: readonly {
    readonly name: string
    readonly shape: Shape | undefined
    readonly dtype: DType
  }[]
  readonly outputs: readonly { readonly name: string }[]
}

export const interfaceOf = (source: Source): Interface => (isGraph(source) ? source : source.model)
