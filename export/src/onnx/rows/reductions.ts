import { type Attributes, floatOf, int, ints, type Value } from '../ir.ts'
import {
  type AlongAxes,
  axesOf,
  axisOf,
  before,
  type Fold,
  type Gradient,
  type Infer,
  lift,
  mask,
  mul,
  type Operation,
  type Operations,
  same,
  times,
} from '../operation.ts'
import { float32, int64, map, reshaped, sizeOf, sumOver, zip } from '../tensor.ts'

const keeps = (attributes: Attributes): boolean => int(attributes, 'keepdims', 1) === 1

const infer: Infer = ([x], attributes) => {
  const axes = axesOf(attributes, x!.shape.length)
  const keep = keeps(attributes)
  const shape = x!.shape.map((d, i) => (axes.includes(i) ? 1 : d)).filter((_, i) => keep || !axes.includes(i))
  return { dtype: x!.dtype, shape }
}

const alongAxes: AlongAxes = (attributes, perm) => {
  const axes = ints(attributes, 'axes').map((axis) => before(perm, axis))
  const moved = { ...attributes, axes: [...axes].sort((a, b) => a - b) }
  if (keeps(attributes)) return { attributes: moved, perm }
  const kept = perm.filter((axis) => !axes.includes(axis))
  const ranks = [...kept].sort((a, b) => a - b)
  return { attributes: moved, perm: kept.map((axis) => ranks.indexOf(axis)) }
}

/** The gradient of a sum goes to every cell; of a mean, its share. */
const spread =
  (share: boolean): Gradient =>
  ({ node, gradient, g }) => {
    const x = node.inputs[0]!
    const axes = axesOf(node.attributes, x.shape.length)
    const kept = keeps(node.attributes)
      ? gradient
      : g.op('Unsqueeze', [gradient], { axes: axes.map((a) => a + 1).sort((a, b) => a - b) })
    const shape = x.shape.map((d, i) => (axes.includes(i) ? d : 1))
    if (shape.includes(null)) throw new Error('its input has a free spatial size')
    const count = sizeOf(shape as number[])
    const ones = float32([1, ...(shape as number[])], new Float32Array(count).fill(share ? 1 / count : 1))
    return [g.op('Mul', [kept, g.constant(ones, 'spread')])]
  }

/** A maximum along axes: tfjs gives the gradient to every cell that is equal to it. */
const toMaxima: Gradient = ({ node, gradient, g }) => {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!]
  const axes = axesOf(node.attributes, x.shape.length).sort((a, b) => a - b)
  const keep = keeps(node.attributes)
  const top = keep ? y : g.op('Unsqueeze', [y], { axes })
  const kept = keep ? gradient : g.op('Unsqueeze', [gradient], { axes: axes.map((axis) => axis + 1) })
  return [times(g, kept, mask(g, g.op('Equal', [x, top])))]
}

const sum: Fold = ([a], attributes, shape) => reshaped(sumOver(a!, ints(attributes, 'axes')), shape)
const mean: Fold = ([a], attributes, shape) => {
  const n = a!.data.length / sizeOf(shape)
  return reshaped(
    map(sumOver(a!, ints(attributes, 'axes')), (x) => x / n),
    shape,
  )
}

/** `since`: the operation set from which the axes are an input. */
const reduction = (since: number, rest: Partial<Operation> = {}): Operation => ({
  infer,
  axes: alongAxes,
  inputs: { axes: since },
  ...rest,
})

const alongOne: AlongAxes = (attributes, perm) => ({
  attributes: { ...attributes, axis: before(perm, int(attributes, 'axis', -1)) },
  perm,
})

/** Along an axis: y · (g − Σ g y). */
const softmax: Gradient = ({ node, gradient, g }) => {
  const y = lift(g, node.outputs[0]!)
  const axis = int(node.attributes, 'axis', -1)
  const at = axis < 0 ? axis : axis + 1
  const rank = gradient.shape.length
  const total = g.op('ReduceSum', [mul(g, gradient, y)], { axes: [at < 0 ? at + rank : at], keepdims: 1 })
  return [mul(g, g.op('Sub', [gradient, total]), y)]
}

const batchNormalization: Gradient = ({ node, gradient, g }) => {
  const [x, scale, , , variance] = node.inputs
  const [s, v] = [g.constantOf(scale), g.constantOf(variance)]
  if (!s || !v) throw new Error('its parameters are not constant')
  const epsilon = floatOf(node.attributes, 'epsilon', 1e-5)
  const factor = zip(
    s,
    map(v, (n) => Math.sqrt(n + epsilon)),
    (a, b) => a / b,
  )
  const shape = [factor.shape[0]!, ...(x as Value).shape.slice(2).map(() => 1)]
  return [mul(g, gradient, g.constant(reshaped(factor, shape), 'slope'))]
}

/** With x̂ = (x − μ)/σ and ĝ = γ g: (ĝ − mean ĝ − x̂ mean(ĝ x̂)) / σ, means over the normalised axes. Ba et al. 2016. */
const layerNormalization: Gradient = ({ node, gradient, g, wants }) => {
  const [x, gamma] = node.inputs as readonly [Value, Value]
  if (wants(1) || wants(2)) throw new Error('its parameters depend on the input')
  const rank = x.shape.length
  const first = axisOf(int(node.attributes, 'axis', -1), rank)
  const axes = Array.from({ length: rank - first }, (_, i) => first + i)
  const mean = (value: Value, over: readonly number[]) =>
    g.op('ReduceMean', [value], { axes: over, keepdims: 1 })
  const centred = g.op('Sub', [x, mean(x, axes)])
  const variance = mean(mul(g, centred, centred), axes)
  const epsilon = g.number(floatOf(node.attributes, 'epsilon', 1e-5))
  const inverse = g.op('Reciprocal', [g.op('Sqrt', [g.op('Add', [variance, epsilon])])])
  const normal = lift(g, mul(g, centred, inverse))
  const scaled = mul(g, gradient, gamma)
  const lifted = axes.map((axis) => axis + 1)
  const along = mul(g, normal, mean(mul(g, scaled, normal), lifted))
  return [times(g, g.op('Sub', [g.op('Sub', [scaled, mean(scaled, lifted)]), along]), inverse)]
}

/** Operations along axes, and normalisations. */
export const reductionOperations: Operations = {
  ReduceSum: reduction(13, { gradient: spread(false), fold: sum }),
  ReduceMean: reduction(18, { passesScores: true, gradient: spread(true), fold: mean }),
  ReduceMax: reduction(18, { gradient: toMaxima }),
  ReduceMin: reduction(18),
  ReduceProd: reduction(18),
  ReduceL2: reduction(18),
  ReduceSumSquare: reduction(18),
  Softmax: { infer: same, axes: alongOne, gradient: softmax, squashes: true },
  LogSoftmax: { infer: same, axes: alongOne, squashes: true },
  BatchNormalization: { infer: same, gradient: batchNormalization },
  LayerNormalization: { infer: same, gradient: layerNormalization },
  LRN: { infer: same },
  CumSum: {
    infer: same,
    write: ({ axis, ...kept }, _, g) => ({
      inputs: [g.constant(int64([axis as number], []), 'axis')],
      attributes: kept,
    }),
  },
}
