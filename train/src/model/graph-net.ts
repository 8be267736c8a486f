import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { activate, type NormActivation, norm } from '../backend/norm.ts'
import { DEVIATION, MEAN } from './input.ts'
import { NORM_EPSILON } from './norm-epsilon.ts'
import type { Hidden, Pass, Trainable } from './trainable.ts'
import { camLayerOf, inputsOf, readersOf } from './trunk.ts'

export type GraphNetOptions = {
  /** The layers from this one on are trained; those before it are used as at inference. */
  trainFrom: string
  /** Targets of the auxiliary head beside the last layer, which is not part of the model; 0 for none. */
  auxiliary: number
}

type Node = {
  layer: tfl.layers.Layer
  kind: string
  inputs: string[]
  trained: boolean
  /** Copies of the layer's weights, in its order. */
  weights: tf.Variable[]
  /** Of a normalisation or ReLU: what it ends with. A ReLU that has become part of the normalisation before it passes on. */
  activation: NormActivation
}

/** Of the running statistics, per step. */
const DECAY = 0.9

/**
 * A network with normalisation layers as it trains: any graph of convolutions, depthwise convolutions, normalisations,
 * ReLUs and other layers without weights, sums, products and dense layers, with a softmax or sigmoid at its end. Trained normalisations use the batch's statistics.
 * It owns copies of the weights; the model is only read and written in `foldInto`.
 * @throws for a layer that `forward` would compute otherwise than the model does
 */
export class GraphNet implements Trainable {
  readonly #nodes: Node[]
  readonly #features: string
  readonly #auxiliary: { kernel: tf.Variable; bias: tf.Variable } | undefined

  constructor(model: tfl.LayersModel, { trainFrom, auxiliary }: GraphNetOptions) {
    const from = model.layers.findIndex((l) => l.name === trainFrom)
    if (from < 0) throw new Error(`${model.name} has no layer "${trainFrom}" to train from`)
    for (const layer of model.layers) assertTrainable(model, layer)
    this.#features = camLayerOf(model)
    this.#nodes = model.layers.map((layer, i) => ({
      layer,
      kind: layer.getClassName(),
      inputs: inputsOf(layer).map((l) => l.name),
      trained: i >= from,
      weights: layer.weights.map((w) => tf.variable(w.read(), w.trainable)),
      activation: 'linear',
    }))
    for (const node of this.#nodes) if (node.kind === 'ReLU') this.#fuse(model, node)
    const last = this.#nodes.at(-1)!.weights[0]!
    this.#auxiliary =
      auxiliary > 0
        ? tf.tidy(() => ({
            kernel: tf.variable(tf.zeros([last.shape[0]!, auxiliary])),
            bias: tf.variable(tf.zeros([auxiliary])),
          }))
        : undefined
  }

  get variables(): tf.Variable[] {
    const own = this.#nodes.flatMap((n) => (n.trained ? n.weights.filter((w) => w.trainable) : []))
    return [...own, ...Object.values(this.#auxiliary ?? {})]
  }

  get statistics(): tf.Variable[] {
    return this.#nodes.flatMap((n) => (n.trained ? n.weights.filter((w) => !w.trainable) : []))
  }

  /** The mean over the maps, and each hidden dense layer. */
  get dropoutUnits(): number[] {
    return this.#nodes.flatMap((n) => (n.kind === 'Dense' ? [n.weights[0]!.shape[0]!] : []))
  }

  forward(x: tf.Tensor4D, masks: readonly tf.Tensor2D[] | undefined): Pass {
    const values = new Map<string, tf.Tensor>()
    const moments: tf.Tensor[] = []
    const hidden: Hidden[] = []
    let dense = 0
    let auxiliary: tf.Tensor2D | undefined
    for (const node of this.#nodes) {
      const [a, b] = node.inputs.map((name) => values.get(name)!)
      let y: tf.Tensor
      if (node.kind === 'InputLayer')
        y = tf.add(tf.mul(x, DEVIATION), MEAN) // the model takes 0 … 1
      else if (node.kind === 'Add') y = tf.add(a!, b!)
      else if (node.kind === 'Multiply') y = tf.mul(a!, b!)
      else if (node.kind === 'Dense') {
        const mask = masks?.[dense++]
        const input = (mask ? tf.mul(a!, mask) : a!) as tf.Tensor2D
        const [kernel, bias] = node.weights as [tf.Variable, tf.Variable]
        const z = tf.add(tf.matMul(input, kernel as tf.Tensor2D), bias)
        const isHead = node === this.#nodes.at(-1)
        y = isHead ? z : tf.relu(z)
        if (!isHead) hidden.push({ kernel, scale: undefined, output: y })
        const extra = this.#auxiliary
        if (isHead && extra)
          auxiliary = tf.add(tf.matMul(input, extra.kernel as tf.Tensor2D), extra.bias) as tf.Tensor2D
      } else y = this.#step(node, a!, moments)
      values.set(node.layer.name, y)
    }
    const head = this.#nodes.at(-1)!
    return {
      logits: values.get(head.layer.name) as tf.Tensor2D,
      moments,
      features: values.get(this.#features) as tf.Tensor4D,
      hidden,
      head: head.weights[0] as unknown as tf.Tensor2D,
      ...(auxiliary && { auxiliary }),
    }
  }

  updateStatistics(moments: readonly tf.Tensor[]): void {
    for (const [i, running] of this.statistics.entries()) {
      tf.tidy(() => running.assign(tf.add(tf.mul(running, DECAY), tf.mul(moments[i]!, 1 - DECAY))))
    }
  }

  foldInto(model: tfl.LayersModel): void {
    for (const { layer, trained, weights } of this.#nodes)
      if (trained && weights.length > 0) model.getLayer(layer.name).setWeights(weights)
  }

  dispose(): void {
    tf.dispose(this.#nodes.flatMap((n) => n.weights))
    tf.dispose(Object.values(this.#auxiliary ?? {}))
  }

  /** A ReLU behind a normalisation that nothing else reads becomes part of it: one kernel instead of two. */
  #fuse(model: tfl.LayersModel, relu: Node): void {
    const { maxValue } = relu.layer.getConfig() as { maxValue?: number | null }
    const activation = maxValue === 6 ? 'relu6' : 'relu'
    const before = this.#nodes.find((n) => n.layer.name === relu.inputs[0])!
    const alone = readersOf(model, before.layer).length === 1
    const owner = before.kind === 'BatchNormalization' && alone ? before : relu
    owner.activation = activation
  }

  #step(node: Node, x: tf.Tensor, moments: tf.Tensor[]): tf.Tensor {
    const { kind, layer, weights, activation, trained } = node
    const { strides, padding } = layer.getConfig() as { strides: [number, number]; padding: 'same' | 'valid' }
    if (kind === 'Conv2D') {
      const z = tf.conv2d(x as tf.Tensor4D, weights[0] as unknown as tf.Tensor4D, strides, padding)
      return weights[1] ? tf.add(z, weights[1]) : z
    }
    if (kind === 'DepthwiseConv2D') {
      const z = tf.depthwiseConv2d(x as tf.Tensor4D, weights[0] as unknown as tf.Tensor4D, strides, padding)
      return weights[1] ? tf.add(z, weights[1]) : z
    }
    if (kind === 'ReLU') return activate(x, activation)
    if (kind === 'BatchNormalization') {
      const [gamma, beta, mean, variance] = weights as [tf.Variable, tf.Variable, tf.Variable, tf.Variable]
      if (trained) return norm(x, gamma, beta, moments, activation)
      return activate(tf.batchNorm(x, mean, variance, beta, gamma, NORM_EPSILON), activation)
    }
    return layer.apply(x) as tf.Tensor
  }
}

/** What `forward` takes for granted of each kind of layer; a kind that is not named must have no weights. */
const REQUIRED: Record<string, Record<string, unknown>> = {
  Conv2D: { activation: 'linear', dilationRate: [1, 1] },
  DepthwiseConv2D: { activation: 'linear', dilationRate: [1, 1] },
  BatchNormalization: { axis: -1, epsilon: NORM_EPSILON, scale: true, center: true },
  Dense: { activation: 'relu', useBias: true },
}

function assertTrainable(model: tfl.LayersModel, layer: tfl.layers.Layer): void {
  const kind = layer.getClassName()
  const config = layer.getConfig() as Record<string, unknown>
  const refuse = (what: string) => {
    throw new Error(`${model.name}: ${kind} "${layer.name}" ${what}: it cannot be trained as a graph`)
  }
  const required = REQUIRED[kind]
  if (!required && layer.weights.length > 0) refuse('has weights of a kind that is not known')
  for (const [key, value] of Object.entries(required ?? {})) {
    const isLast = key === 'activation' && layer === model.layers.at(-1)
    const accepted = (isLast ? ['softmax', 'sigmoid'] : [value]).map((one) => JSON.stringify(one))
    if (!accepted.includes(JSON.stringify(config[key])))
      refuse(`has ${key} ${JSON.stringify(config[key])}, not ${accepted.join(' or ')}`)
  }
  if (kind === 'ReLU' && ![undefined, null, 6].includes(config.maxValue as number))
    refuse('ends at another value than 6')
  const operands = inputsOf(layer).length
  if (['Add', 'Multiply'].includes(kind) ? operands !== 2 : operands > 1) refuse(`has ${operands} inputs`)
}
