import { type Attributes, floatOf, floatsOf, type Graph, ints, type Value } from './ir.ts'
import { float32, int64, scalar } from './tensor.ts'
import { transform } from './transform.ts'

const without = (attributes: Attributes, ...keys: string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([key]) => !keys.includes(key)))

/** Operations whose lists of integers are inputs in ONNX, in the order of the inputs. */
const AS_INPUTS: Readonly<Record<string, readonly string[]>> = {
  Reshape: ['shape'],
  Expand: ['shape'],
  Tile: ['repeats'],
  Squeeze: ['axes'],
  Unsqueeze: ['axes'],
  Slice: ['starts', 'ends', 'axes', 'steps'],
  Split: ['split'],
  ReduceSum: ['axes'],
}
const AXES_SINCE_18 = new Set([
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceL2',
  'ReduceSumSquare',
])

/** Undoes the liberties of the graph: constant inputs become inputs again, as the operation set has them. */
export const legalise = (graph: Graph, opset: number): Graph =>
  transform(graph, (node, inputs, { g }) => {
    const { op, attributes } = node
    const list = (key: string): Value => g.constant(int64(ints(attributes, key)), key)
    const emit = (extra: readonly (Value | undefined)[], kept: Attributes, to = op): readonly Value[] => {
      const outputs = node.outputs.map((value) => ({ dtype: value.dtype, shape: value.shape }))
      return g.raw(to, [...inputs, ...extra], kept, outputs)
    }
    const keys = AS_INPUTS[op] ?? (AXES_SINCE_18.has(op) && opset >= 18 ? ['axes'] : undefined)
    if (keys) {
      const extra = keys.map((key) => (attributes[key] === undefined ? undefined : list(key)))
      return emit(extra, without(attributes, ...keys))
    }
    if (op === 'ExpandTo') return emit([], {}, 'Expand')
    if (op === 'Clip') {
      const bound = (key: string) =>
        attributes[key] === undefined ? undefined : g.constant(scalar(floatOf(attributes, key)), key)
      return emit([bound('min'), bound('max')], {})
    }
    if (op === 'Pad') {
      const value =
        attributes.value === undefined ? undefined : g.constant(scalar(floatOf(attributes, 'value')), 'value')
      return emit([list('pads'), value], without(attributes, 'pads', 'value'))
    }
    if (op === 'Resize') {
      const [x] = inputs
      const sizes = ints(attributes, 'sizes')
      const kept = without(attributes, 'sizes', 'scales')
      if (sizes.includes(0) || x!.shape.some((d, i) => i > 0 && d === null)) {
        const scales = floatsOf(attributes, 'scales')
        return emit([undefined, g.constant(float32([scales.length], scales), 'scales')], kept)
      }
      return emit([undefined, undefined, list('sizes')], kept)
    }
    return undefined
  })
