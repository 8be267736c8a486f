import { operationOf } from '../../onnx/table.ts'
import type { Rule } from '../rule.ts'

const same = (a: readonly unknown[], b: readonly unknown[]) =>
  a.length === b.length && a.every((x, i) => x === b[i])

/** Drops what does nothing: Identity, reshapes to the shape that is there, empty pads; joins reshapes of reshapes. */
export const dropIdentities: Rule = ({ op, attributes, outputs }, [x], { g }) => {
  if (operationOf(op).neutral?.(attributes)) return [x!]
  if (op !== 'Reshape') return undefined
  const before = g.producer(x)
  const to = outputs[0]!.shape
  // Through another reshape: only where the result is known but for one size.
  const source = before?.op === 'Reshape' && to.filter((d) => d === null).length <= 1 ? before.inputs[0]! : x!
  if (same(source.shape, to) && to.filter((d) => d === null).length <= 1) return [source]
  return source === x ? undefined : [g.op('Reshape', [source], { shape: to.map((d) => d ?? -1) })]
}
