import { outputPadding } from '../../gradients/vjp.ts'
import type { GraphBuilder } from '../builder.ts'
import { type Graph, type GraphNode, ints, type Value } from '../ir.ts'
import { float32, int64, sizeOf } from '../tensor.ts'
import { transform } from '../transform.ts'

const expandBatch = (g: GraphBuilder, x: Value, like: Value, rest: readonly number[]): Value => {
  const batch = g.op('Shape', [like], { start: 0, end: 1 })
  const shape = g.op('Concat', [batch, g.constant(int64(rest), 'rest')], { axis: 0 })
  return g.op('ExpandTo', [x, shape], { shape: rest })
}

/** The windows' maxima tell where each gradient goes; overlapping windows add up. */
function maxPoolGrad(g: GraphBuilder, node: GraphNode, gradient: Value, x: Value): Value {
  const [classes, ...rest] = gradient.shape.slice(1) as number[]
  const cells = x.shape.slice(1) as number[]
  const [n, pooled] = [sizeOf(cells), sizeOf(rest)]
  const [, at] = g.multi('MaxPool', [x], node.attributes, 2)
  // ONNX counts through the whole batch.
  const within = g.op('Mod', [at!, g.constant(int64([n], []), 'cells')])
  const one = g.op('Reshape', [within], { shape: [-1, 1, pooled] })
  const indices = g.op('Expand', [one], { shape: [1, classes!, 1] })
  const full =
    gradient.shape[0] === 1 ? expandBatch(g, gradient, x, gradient.shape.slice(1) as number[]) : gradient
  const updates = g.op('Reshape', [full], { shape: [-1, classes!, pooled] })
  const zeros = expandBatch(g, g.constant(float32([1, 1, 1], [0]), 'zero'), x, [classes!, n])
  const sum = g.op('ScatterElements', [zeros, indices, updates], { axis: 2, reduction: 'add' })
  return g.op('Reshape', [sum], { shape: [-1, classes!, ...cells] })
}

/** How many real cells each window covers. */
function counts(
  size: readonly number[],
  out: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  pads: readonly number[],
): number[] {
  const along = out.map((n, axis) =>
    Array.from({ length: n }, (_, i) => {
      const start = i * strides[axis]! - pads[axis]!
      return Math.min(start + kernel[axis]!, size[axis]!) - Math.max(start, 0)
    }),
  )
  return along.reduce<number[]>((product, list) => product.flatMap((a) => list.map((b) => a * b)), [1])
}

/** Each window's gradient, divided by the number of its cells, goes to all of them. */
function averagePoolGrad(g: GraphBuilder, node: GraphNode, gradient: Value): Value {
  const size = ints(node.attributes, 'size')
  const kernel = ints(node.attributes, 'kernel_shape')
  const ones = kernel.map(() => 1)
  const strides = ints(node.attributes, 'strides', ones)
  const pads = ints(node.attributes, 'pads', [...ones, ...ones].fill(0))
  const [classes, maps, ...out] = gradient.shape.slice(1) as number[]
  const shares = counts(size, out, kernel, strides, pads).map((n) => 1 / n)
  const shared = g.op('Mul', [gradient, g.constant(float32(out, shares), 'shares')])
  const single = g.op('Reshape', [shared], { shape: [-1, 1, ...out] })
  const window = g.constant(float32([1, 1, ...kernel], new Float32Array(sizeOf(kernel)).fill(1)), 'window')
  const spread = g.op('ConvTranspose', [single, window], {
    kernel_shape: kernel,
    strides,
    pads,
    output_padding: outputPadding(node, kernel, size, out),
  })
  return g.op('Reshape', [spread], { shape: [-1, classes!, maps!, ...size] })
}

/** Writes the gradient operations out in ONNX's own. */
export const expandGradients = (graph: Graph): Graph =>
  transform(graph, (node, [first, second], { g }) => {
    if (node.op === 'MaxPoolGrad') return [maxPoolGrad(g, node, first!, second!)]
    if (node.op === 'AveragePoolGrad') return [averagePoolGrad(g, node, first!)]
    if (node.op === 'ExpandBatch') return [expandBatch(g, first!, second!, ints(node.attributes, 'shape'))]
    return undefined
  })
