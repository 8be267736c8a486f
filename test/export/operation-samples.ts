import { backward } from '@detl/export/gradients/backward'
import { dropDead, GraphBuilder, transform } from '@detl/export/graph/builder'
import { legalise } from '@detl/export/graph/legalise'
import { expandGradients } from '@detl/export/graph/passes/expand-gradients'
import { serialise } from '@detl/export/graph/serialise'
import { type Attributes, float, type Value } from '@detl/export/onnx/ir'
import { float32, sizeOf } from '@detl/export/onnx/tensor'
import { bytesOf } from './harness.ts'

/** One use of an operation: the first input is [N,…]; the others are constants. */
export interface Sample {
  readonly shape: readonly number[]
  readonly constants?: readonly (readonly number[])[]
  /** Whether the first input is the second one as well. */
  readonly twice?: true
  readonly attributes?: Attributes
  /** How the operation is used, where its inputs are not these in their order. */
  readonly via?: (g: GraphBuilder, x: Value, constants: readonly Value[]) => Value
  /** Constants of this kind are left to the runtime. */
  readonly notFolded?: true
  /** Values of the first input, where noise in (-2,2) is not what it takes. */
  readonly value?: (i: number) => number
}

/** Noise without ties, and away from the places where slopes change. */
export const noise = (i: number): number => 1.9 * Math.sin(i * 12.9898 + 1) + (i % 7) * 1e-3
const positive = (i: number): number => 0.5 + Math.abs(noise(i))
const row: Sample = { shape: [2, 3] }
const image: Sample = { shape: [2, 2, 5, 4] }
const withConstant: Sample = { shape: [2, 3], constants: [[3]] }

const resized = (mode: 'linear' | 'nearest', place: string, [height, width]: [number, number]): Sample => ({
  ...image,
  attributes: {
    sizes: [0, 2, height, width],
    scales: float([1, 1, height / 5, width / 4]),
    mode,
    coordinate_transformation_mode: place,
    ...(mode === 'nearest' && { nearest_mode: 'floor' }),
  },
})

/** A sample of every operation that a gradient passes, or that is computed at export; behind its name, what is special in this one. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  Identity: row,
  Neg: row,
  Abs: row,
  Reciprocal: { ...row, value: positive },
  Log: { ...row, value: positive },
  Sin: row,
  Cos: row,
  Cast: { ...row, attributes: { to: 'float32' } },
  Sqrt: { ...row, value: positive },
  Exp: row,
  Erf: row,
  Relu: row,
  Clip: { ...row, attributes: { min: float(-1), max: float(0.5) } },
  LeakyRelu: { ...row, attributes: { alpha: float(0.2) } },
  Elu: { ...row, attributes: { alpha: float(1.5) } },
  Selu: row,
  Sigmoid: row,
  HardSigmoid: { ...row, attributes: { alpha: float(0.2), beta: float(0.5) } },
  Tanh: row,
  Softplus: row,
  Softsign: row,
  Add: withConstant,
  Sub: withConstant,
  Mul: withConstant,
  Div: withConstant,
  Max: withConstant,
  Min: withConstant,
  PRelu: withConstant,
  MatMul: { shape: [2, 3], constants: [[3, 4]] },
  Conv: {
    ...image,
    constants: [[3, 2, 3, 2]],
    attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] },
  },
  ConvTranspose: {
    ...image,
    constants: [[2, 3, 3, 2]],
    attributes: { kernel_shape: [3, 2], strides: [2, 1] },
  },
  MaxPool: { ...image, attributes: { kernel_shape: [3, 2], strides: [2, 1] } },
  AveragePool: { ...image, attributes: { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0] } },
  ReduceSum: { ...image, attributes: { axes: [2, 3], keepdims: 0 } },
  ReduceMean: { ...image, attributes: { axes: [1, 3], keepdims: 1 } },
  ReduceMax: { ...image, attributes: { axes: [2, 3], keepdims: 0 } },
  Softmax: { ...image, attributes: { axis: 1 } },
  LayerNormalization: {
    ...image,
    constants: [
      [5, 4],
      [5, 4],
    ],
    attributes: { axis: -2, epsilon: float(1e-2) },
  },
  Where: {
    ...withConstant,
    via: (g, x, [c]) => g.op('Where', [g.op('Greater', [x, g.number(0)]), x, c]),
  },
  // What ThresholdedReLU is lowered to; tfjs has no gradient of it.
  'Mul by a threshold': {
    ...row,
    notFolded: true,
    via: (g, x) => g.op('Mul', [x, g.op('Cast', [g.op('Greater', [x, g.number(0.1)])], { to: 'float32' })]),
  },
  Resize: resized('linear', 'half_pixel', [9, 3]),
  'Resize with corners aligned': resized('linear', 'align_corners', [10, 7]),
  'Resize to nearest cells': resized('nearest', 'asymmetric', [10, 8]),
  'MatMul of two stacks': { shape: [2, 3, 3], twice: true, notFolded: true },
  BatchNormalization: { ...image, constants: [[2], [2], [2], [2]], attributes: { epsilon: float(1e-3) } },
  Transpose: { ...image, attributes: { perm: [0, 2, 3, 1] } },
  Reshape: { ...image, attributes: { shape: [-1, 20, 2] } },
  Concat: { ...image, twice: true, attributes: { axis: 1 } },
  Pad: { ...image, attributes: { pads: [0, 0, 1, 2, 0, 1, 0, 0] } },
  Slice: { ...image, attributes: { starts: [1, -3], ends: [4, 4], axes: [2, 3] } },
  Squeeze: { shape: [2, 1, 3], attributes: { axes: [1] } },
  Unsqueeze: { ...row, attributes: { axes: [1] } },
}

export const valuesOf = (shape: readonly number[], value: (i: number) => number, from = 0): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => value(from + i))

/** The operation in a graph whose first input is x; its constants are positive, so that all of them can be variances. */
export function build(
  op: string,
  { shape, constants = [], twice, attributes = {}, via }: Sample,
  x: (g: GraphBuilder) => Value,
) {
  const g = new GraphBuilder()
  const others = constants.map((dims, i) => g.constant(float32(dims, valuesOf(dims, positive, 31 * (i + 1)))))
  const input = x(g)
  const inputs = [input, ...(twice ? [input] : []), ...others]
  const y = via ? via(g, input, others) : g.op(op.split(' ')[0]!, inputs, attributes)
  return { g, y, input, shape }
}

/** The graph as a file, as the exporter writes it. */
export function fileOf(g: GraphBuilder, opset = 17): Uint8Array {
  const graph = dropDead(transform(dropDead(transform(g, expandGradients)), legalise(opset)))
  return bytesOf(serialise(graph, { opset, name: 'sample', metadata: {} }).model)
}

/** The operation in a file of its own; or its gradient, with scores made of it. */
export function sampleFile(op: string, sample: Sample, gradient: boolean, opset = 17): Uint8Array {
  const { g, y, input } = build(op, sample, (graph) => graph.input('x', 'float32', free(sample.shape)))
  if (!gradient) {
    g.output('y', y)
    return fileOf(g, opset)
  }
  const width = sizeOf(y.shape.slice(1) as number[])
  const weights = g.constant(float32([width, 2], valuesOf([width, 2], noise, 77)))
  const scores = g.op('MatMul', [g.op('Reshape', [y], { shape: [-1, width] }), weights])
  g.output('scores', scores)
  g.output('gradient', backward(g, scores, input))
  return fileOf(g, opset)
}

/** A shape with its batch left open. */
export const free = (shape: readonly number[]) => [null, ...shape.slice(1)]
