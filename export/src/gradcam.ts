import type { CamMethod } from '@detl/core/cam/methods'
import { ConvertError } from './errors.ts'
import type { Builder, Value } from './onnx/ir.ts'
import { operationOf } from './onnx/table.ts'
import { sizeOf } from './onnx/tensor.ts'
import { toLast } from './pieces/layout.ts'

/**
 * The scores before the last softmax or sigmoid: their gradient does not vanish where the model is sure. Reshapes behind it, and the
 * average of several heads, are made of the scores as they were of the probabilities.
 * @returns [N,C]; where a model scores every pixel, the mean score over them
 */
export function logitsOf(g: Builder, output: Value): Value {
  const node = g.producer(output)
  const softmax = node && operationOf(node.op).squashes ? node : undefined
  const scores = unsquashed(g, output) ?? output
  const rank = scores.shape.length
  if (rank <= 2) return scores
  const axis = softmax?.attributes.axis
  const classes = typeof axis === 'number' ? (axis < 0 ? axis + rank : axis) : rank - 1
  const others = scores.shape.map((_, i) => i).filter((i) => i > 0 && i !== classes)
  const size = scores.shape[classes]
  return others.every((i) => scores.shape[i] === 1) && typeof size === 'number'
    ? g.op('Reshape', [scores], { shape: [-1, size] })
    : g.op('ReduceMean', [scores], { axes: others, keepdims: 0 })
}

/** `value`, made of scores in place of probabilities; undefined where it does not come from a softmax or sigmoid. */
function unsquashed(g: Builder, value: Value): Value | undefined {
  const node = g.producer(value)
  if (!node) return undefined
  const row = operationOf(node.op)
  if (row.squashes) return node.inputs[0]
  if (!row.passesScores || node.outputs.length > 1) return undefined
  const inputs = node.inputs.map((input) => (g.constantOf(input) ? input : input && unsquashed(g, input)))
  if (inputs.includes(undefined)) return undefined
  return g.op(node.op, inputs, node.attributes)
}

/** Maps, and for the methods that weight whole channels their weights [N,C,K]. */
export interface Cam {
  readonly cam: Value
  readonly weights?: Value
}

export interface CamOptions {
  readonly method: CamMethod
  /** Whether the explained layer's output leaves the graph as well, in ONNX's layout. */
  readonly mapsAreOutput: boolean
}

interface Maps {
  readonly g: Builder
  readonly maps: Value
  readonly gradient: Value
  /** Sizes of the spatial axes. */
  readonly cells: readonly number[]
  readonly axes: readonly number[]
}

/** The explained layer's output, whose shape must be known but for the batch. @throws ConvertError no-gradient */
export function explainable(maps: Value): Value {
  if (!maps.shape.slice(1).includes(null)) return maps
  throw new ConvertError(
    'no-gradient',
    `the explained layer's output is [${maps.shape.map((d) => d ?? '?')}]; Grad-CAM needs an input of fixed size: give one with --input-size`,
  )
}

/**
 * Adds the maps of all classes: cam [N,C,…], after ReLU, in the gradient's own scale.
 * @param maps the layer's output A, [N,K,…]
 * @param gradient of the logits by the maps, [B,C,K,…]
 */
export function addCam(g: Builder, { method, mapsAreOutput }: CamOptions, maps: Value, gradient: Value): Cam {
  const cells = maps.shape.slice(2)
  g.scope = 'cam'
  const at = { g, maps, gradient, cells: cells as number[], axes: cells.map((_, i) => i + 3) }
  if (method === 'gradcam')
    return weighted(at, mapsAreOutput, g.op('ReduceMean', [gradient], { axes: at.axes, keepdims: 0 }))
  if (method === 'gradcam++') return weighted(at, mapsAreOutput, plusPlusWeights(at))
  return { cam: pointwise(at, method === 'layercam') }
}

/** S_c = ReLU(Σ_k α_k^c A_k). Selvaraju et al. 2017, Eq. 2. */
function weighted(at: Maps, mapsAreOutput: boolean, alpha: Value): Cam {
  const { g, maps, gradient, cells } = at
  const [classes, channels] = gradient.shape.slice(1) as [number, number]
  const sum = mapsAreOutput ? sumFirst(at, alpha) : sumLast(at, alpha)
  const cam = g.op('Reshape', [g.op('Relu', [sum])], { shape: [-1, classes, ...cells] })
  const weights =
    alpha.shape[0] === 1 ? g.op('ExpandBatch', [alpha, maps], { shape: [classes, channels] }) : alpha
  return { cam, weights }
}

/** [N,C,K] · [N,K,HW] → [N,C,HW] */
function sumFirst({ g, maps, gradient, cells }: Maps, alpha: Value): Value {
  const flat = g.op('Reshape', [maps], { shape: [-1, gradient.shape[2] as number, sizeOf(cells)] })
  return g.op('MatMul', [alpha, flat])
}

/**
 * ([N,HW,K] · [N,K,C])ᵀ → [N,C,HW]. ONNX Runtime's convolutions work in blocks of channels, which it unpacks to channels last
 * four times as fast as to channels first; so where nothing else needs the maps in ONNX's layout, this is cheaper.
 */
function sumLast({ g, maps, gradient, cells }: Maps, alpha: Value): Value {
  const last = g.op('Transpose', [maps], { perm: toLast(maps.shape.length) })
  const flat = g.op('Reshape', [last], { shape: [-1, sizeOf(cells), gradient.shape[2] as number] })
  const product = g.op('MatMul', [flat, g.op('Transpose', [alpha], { perm: [0, 2, 1] })])
  return g.op('Transpose', [product], { perm: [0, 2, 1] })
}

/**
 * α of Grad-CAM++: Chattopadhay et al. 2018, Eq. 19, with the score itself in place of exp(score): the factor
 * that differs is positive and one for each class and image.
 */
function plusPlusWeights({ g, maps, gradient, axes }: Maps): Value {
  const squared = g.op('Mul', [gradient, gradient])
  const cubed = g.op('Mul', [squared, gradient])
  const total = g.op('ReduceSum', [maps], { axes: axes.map((axis) => axis - 1), keepdims: 1 })
  const lifted = g.op('Unsqueeze', [total], { axes: [1] })
  const under = g.op('Add', [g.op('Mul', [squared, g.number(2)]), g.op('Mul', [lifted, cubed])])
  const none = g.op('Equal', [under, g.number(0)])
  const alpha = g.op('Div', [squared, g.op('Where', [none, g.number(1), under])])
  const part = g.op('Mul', [alpha, g.op('Relu', [gradient])])
  return g.op('ReduceSum', [part], { axes, keepdims: 0 })
}

/**
 * Σ_k of gradient ⊙ A in every cell: HiResCAM (Draelos & Carin 2020, Eq. 3), or with the positive part of the gradient
 * LayerCAM (Jiang et al. 2021, Eq. 5). ReLU after the sum.
 */
function pointwise({ g, maps, gradient }: Maps, positive: boolean): Value {
  const weights = positive ? g.op('Relu', [gradient]) : gradient
  const product = g.op('Mul', [weights, g.op('Unsqueeze', [maps], { axes: [1] })])
  return g.op('Relu', [g.op('ReduceSum', [product], { axes: [2], keepdims: 0 })])
}
