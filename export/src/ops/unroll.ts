import type { Value } from '../graph/ir.ts'
import { float32, scalar, sizeOf } from '../graph/tensor.ts'
import type { Layer } from '../layers/model.ts'
import type { Cell } from './cells.ts'
import { type Context, sizeAt } from './context.ts'

/**
 * A recurrent layer, one step after another. Where a step is masked the states, and with them the output, stay as they were.
 * @param x [N,T,…]
 * @param mask [N,T] bool
 * @returns the result (last output, or all outputs [N,T,…] with return_sequences) and the final states
 */
export function unroll(
  layer: Layer,
  cell: Cell,
  x: Value,
  mask: Value | undefined,
  initial: readonly Value[],
  context: Context,
): readonly Value[] {
  const { g } = context
  const steps = sizeAt(layer, x, 1)
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
      const keep = float32Mask(at(mask, t), shapes[0]!.length, context)
      const lost = g.op('Sub', [g.constant(scalar(1)), keep])
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
  if (!layer.config.bool('return_sequences', false)) return [output, ...states]
  const stacked = outputs.map((value) => g.op('Unsqueeze', [value], { axes: [1] }))
  return [stacked.length === 1 ? stacked[0]! : g.op('Concat', stacked, { axis: 1 }), ...states]
}

/** [N] bool → [N,1,…] of 0 and 1. */
const float32Mask = (mask: Value, rank: number, { g }: Context): Value =>
  g.op('Unsqueeze', [g.op('Cast', [mask], { to: 'float32' })], {
    axes: Array.from({ length: rank }, (_, i) => i + 1),
  })
