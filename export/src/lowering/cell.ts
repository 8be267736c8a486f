import type { Value } from '../onnx/ir.ts'

/** One step of a recurrent layer. */
export interface Cell {
  /** Size of each state, without the batch; `x` is one step's input. */
  stateShapes(x: Value): readonly (readonly number[])[]
  /** Output and new states. */
  step(x: Value, states: readonly Value[]): { output: Value; states: readonly Value[] }
}
