import type { Builder, Value } from '../onnx/ir.ts'
import { float32, sizeOf } from '../onnx/tensor.ts'
import type { Cell } from './cell.ts'

export interface Sequence {
  /** [N,T,…] */
  readonly x: Value
  readonly steps: number
  /** [N,T] bool */
  readonly mask: Value | undefined
  readonly initial: readonly Value[]
  /** Whether the output of every step is the result, [N,T,…], or that of the last one. */
  readonly returnsAll: boolean
}

/**
 * A recurrent layer, one step after another. Where a step is masked the states, and with them the output, stay as they were.
 * @returns the result and the final states
 */
export function unroll(
  g: Builder,
  cell: Cell,
  { x, steps, mask, initial, returnsAll }: Sequence,
): readonly Value[] {
  const at = (value: Value, t: number): Value =>
    g.op('Squeeze', [g.op('Slice', [value], { starts: [t], ends: [t + 1], axes: [1] })], { axes: [1] })
  const shapes = cell.stateShapes(at(x, 0))
  let states: readonly Value[] =
    initial.length > 0
      ? initial
      : shapes.map((shape) =>
          g.constant(float32([1, ...shape], new Float32Array(sizeOf(shape))), 'initial_state'),
        )
  let output = states[0]!
  const outputs: Value[] = []
  for (let t = 0; t < steps; t++) {
    const next = cell.step(at(x, t), states)
    if (mask) {
      const keep = float32Mask(at(mask, t), shapes[0]!.length, g)
      const lost = g.op('Sub', [g.number(1), keep])
      const mix = (fresh: Value, old: Value) =>
        g.op('Add', [g.op('Mul', [fresh, keep]), g.op('Mul', [old, lost])])
      output = mix(next.output, states[0]!)
      states = next.states.map((state, i) => mix(state, states[i]!))
    } else {
      output = next.output
      states = next.states
    }
    outputs.push(output)
  }
  if (!returnsAll) return [output, ...states]
  const stacked = outputs.map((value) => g.op('Unsqueeze', [value], { axes: [1] }))
  return [stacked.length === 1 ? stacked[0]! : g.op('Concat', stacked, { axis: 1 }), ...states]
}

/** [N] bool → [N,1,…] of 0 and 1. */
const float32Mask = (mask: Value, rank: number, g: Builder): Value =>
  g.op('Unsqueeze', [g.op('Cast', [mask], { to: 'float32' })], {
    axes: Array.from({ length: rank }, (_, i) => i + 1),
  })
