import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { convRelu } from '../backend/conv-relu.ts'
import { norm } from '../backend/norm.ts'
import { DEVIATION, MEAN } from './input.ts'
import { NORM_EPSILON } from './norm-epsilon.ts'
import type { Hidden, Pass, Trainable } from './trainable.ts'
import { BLOCKS, type Block } from './transfer.ts'

export type TrainingNetOptions = {
  /** The blocks from this one on are trained. */
  trainFrom: Block
  /** Batch normalisation before each ReLU of the trained blocks, while they train. */
  normalise: boolean
  /** Targets of the auxiliary head beside the last layer, which is not part of the model; 0 for none. */
  auxiliary: number
  /** The weights are random: normalise to mean 0, variance 1. Otherwise normalisation starts as the identity. */
  fresh: boolean
}

type Norm = { gamma: tf.Variable; beta: tf.Variable; mean: tf.Variable; variance: tf.Variable }
type Unit = { name: string; kind: 'conv' | 'dense'; kernel: tf.Variable; bias: tf.Variable; norm?: Norm }
type Stage = Unit | { name: string; kind: 'pool' | 'flatten'; layer: tfl.layers.Layer }

/** Of the running statistics, per step. */
const DECAY = 0.95

/**
 * The paper's network as it trains: the same rows, with two changes of parameters that speed training up and that
 * vanish exactly when the weights are written back to the model (`foldInto`), because no layer pads:
 * - the input is (x − MEAN) / DEVIATION instead of 0 … 1;
 * - each ReLU's input is normalised over the batch (Ioffe & Szegedy 2015); the running mean and variance become part of
 *   kernel and bias, as at inference they always do.
 * It owns copies of the weights; the model is only read and written in `foldInto`.
 */
export class TrainingNet implements Trainable {
  readonly #stages: Stage[]
  readonly #head: Unit
  readonly #trained: Unit[]
  readonly #auxiliary: { kernel: tf.Variable; bias: tf.Variable } | undefined

  /** @param sample [B,S,S,1], standardised: from it the first statistics are taken */
  constructor(model: tfl.LayersModel, sample: tf.Tensor4D, options: TrainingNetOptions) {
    const units = model.layers.slice(1).map((layer) => toStage(layer))
    this.#stages = units.slice(0, -1)
    this.#head = units.at(-1) as Unit
    const names = Object.keys(BLOCKS) as Block[]
    const trained = new Set<string>(
      names.slice(names.indexOf(options.trainFrom)).flatMap((b) => [...BLOCKS[b]]),
    )
    this.#trained = units.filter((u): u is Unit => 'kernel' in u && trained.has(u.name))
    const { auxiliary } = options
    this.#auxiliary =
      auxiliary > 0
        ? tf.tidy(() => ({
            kernel: tf.variable(tf.zeros([this.#head.kernel.shape[0]!, auxiliary])),
            bias: tf.variable(tf.zeros([auxiliary])),
          }))
        : undefined
    this.#unfoldInput()
    if (options.normalise) this.#addNorms(sample, options.fresh)
  }

  get variables(): tf.Variable[] {
    const units = this.#trained.flatMap((u) =>
      u.norm ? [u.kernel, u.norm.gamma, u.norm.beta] : [u.kernel, u.bias],
    )
    return [...units, ...Object.values(this.#auxiliary ?? {})]
  }

  get statistics(): tf.Variable[] {
    return this.#trained.flatMap((u) => (u.norm ? [u.norm.mean, u.norm.variance] : []))
  }

  /** dense1, dense2 */
  get dropoutUnits(): number[] {
    return this.#stages.flatMap((s) => ('kernel' in s && s.kind === 'dense' ? [s.kernel.shape[1]!] : []))
  }

  forward(x: tf.Tensor4D, masks: readonly tf.Tensor2D[] | undefined): Pass {
    const moments: tf.Tensor[] = []
    const hidden: Hidden[] = []
    let features: tf.Tensor | undefined
    let h: tf.Tensor = x
    for (const stage of this.#stages) {
      if (!('kernel' in stage)) {
        h = stage.layer.apply(h) as tf.Tensor
        continue
      }
      if (stage.norm) h = norm(linear(stage, h), stage.norm.gamma, stage.norm.beta, moments)
      else if (stage.kind === 'conv') h = convRelu(h, stage.kernel, stage.bias)
      else h = tf.relu(tf.add(linear(stage, h), stage.bias))
      if (stage.name === 'conv6') features = h
      if (stage.kind === 'dense')
        hidden.push({ kernel: stage.kernel, scale: scaleOf(stage, moments), output: h })
      const mask = stage.name === 'dense1' ? masks?.[0] : stage.name === 'dense2' ? masks?.[1] : undefined
      if (mask) h = tf.mul(h, mask)
    }
    const logits = tf.add(linear(this.#head, h), this.#head.bias) as tf.Tensor2D
    const pass: Pass = {
      logits,
      moments,
      features: features as tf.Tensor4D,
      hidden,
      head: this.#head.kernel as tf.Tensor2D,
    }
    const extra = this.#auxiliary
    if (extra) pass.auxiliary = tf.add(tf.matMul(h as tf.Tensor2D, extra.kernel as tf.Tensor2D), extra.bias)
    return pass
  }

  updateStatistics(moments: readonly tf.Tensor[]): void {
    for (const [i, running] of this.statistics.entries()) {
      tf.tidy(() => running.assign(tf.add(tf.mul(running, DECAY), tf.mul(moments[i]!, 1 - DECAY))))
    }
  }

  /** As plain kernels and biases. */
  foldInto(model: tfl.LayersModel): void {
    for (const unit of [...this.#stages, this.#head]) {
      if (!('kernel' in unit)) continue
      tf.tidy(() => {
        let [kernel, bias]: [tf.Tensor, tf.Tensor] = [unit.kernel, unit.bias]
        if (unit.norm) {
          const { gamma, beta, mean, variance } = unit.norm
          const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, NORM_EPSILON)))
          kernel = tf.mul(kernel, scale)
          bias = tf.sub(beta, tf.mul(mean, scale))
        }
        if (unit.name === 'conv1') {
          kernel = tf.div(kernel, DEVIATION)
          bias = tf.sub(bias, tf.mul(tf.sum(kernel, [0, 1, 2]), MEAN))
        }
        model.getLayer(unit.name).setWeights([kernel, bias])
      })
    }
  }

  dispose(): void {
    for (const u of [...this.#stages, this.#head])
      if ('kernel' in u) tf.dispose([u.kernel, u.bias, ...Object.values(u.norm ?? {})])
    tf.dispose(Object.values(this.#auxiliary ?? {}))
  }

  #unfoldInput(): void {
    const conv1 = this.#stages[0] as Unit
    tf.tidy(() => {
      conv1.bias.assign(tf.add(conv1.bias, tf.mul(tf.sum(conv1.kernel, [0, 1, 2]), MEAN)))
      conv1.kernel.assign(tf.mul(conv1.kernel, DEVIATION))
    })
  }

  /**
   * Layer by layer, so that each layer's first statistics are those of what reaches it. A pretrained network is first
   * rewritten so that every normalised sum has variance 1 and γ is 1, as in a fresh one: relu(d·x) = d·relu(x) lets each
   * channel's deviation d move into the next layer's kernel. What it computes stays the same, but a step of the
   * optimiser, which is absolute, changes old and new weights alike.
   */
  #addNorms(sample: tf.Tensor4D, fresh: boolean): void {
    tf.tidy(() => {
      let h: tf.Tensor = sample
      let scale: tf.Tensor | undefined // of the channels of h, not yet in the next kernel
      for (const stage of [...this.#stages, this.#head]) {
        if (!('kernel' in stage)) {
          h = stage.layer.apply(h) as tf.Tensor
          continue
        }
        if (scale) stage.kernel.assign(scaleInputs(stage.kernel, scale))
        scale = undefined
        if (stage === this.#head) break
        const z = tf.add(linear(stage, h), stage.bias)
        if (!this.#trained.includes(stage)) {
          h = tf.relu(z)
          continue
        }
        const { mean, variance } = tf.moments(z, axesOf(stage))
        const deviation = tf.sqrt(tf.add(variance, NORM_EPSILON))
        if (fresh) {
          // Normalisation takes the bias's place: the statistics are those of the product alone.
          stage.norm = normOf(tf.onesLike(mean), tf.zerosLike(mean), tf.sub(mean, stage.bias), variance)
          h = tf.relu(tf.div(tf.sub(z, mean), deviation))
          continue
        }
        stage.kernel.assign(tf.div(stage.kernel, deviation))
        const rest = tf.div(variance, tf.square(deviation)) // 1, or less in a channel that hardly varies
        stage.norm = normOf(
          tf.sqrt(tf.add(rest, NORM_EPSILON)),
          tf.div(mean, deviation),
          tf.div(tf.sub(mean, stage.bias), deviation),
          rest,
        )
        h = tf.relu(tf.div(z, deviation))
        scale = deviation
      }
    })
  }
}

const normOf = (gamma: tf.Tensor, beta: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor): Norm => ({
  gamma: tf.variable(gamma),
  beta: tf.variable(beta),
  mean: tf.variable(mean, false),
  variance: tf.variable(variance, false),
})

/** The kernel for inputs that are divided by `scale`, [K], channel by channel; a flattened map has K channels in each cell. */
function scaleInputs(kernel: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const channels = scale.size
  const [inputs, outputs] = kernel.shape.slice(-2) as [number, number]
  const cells = inputs / channels
  const split = tf.reshape(kernel, [-1, cells, channels, outputs])
  return tf.reshape(tf.mul(split, tf.reshape(scale, [1, 1, channels, 1])), kernel.shape)
}

function toStage(layer: tfl.layers.Layer): Stage {
  const [kernel, bias] = layer.weights.map((w) => tf.variable(w.read()))
  if (!kernel || !bias)
    return { name: layer.name, kind: layer.name === 'flatten' ? 'flatten' : 'pool', layer }
  return { name: layer.name, kind: kernel.rank === 4 ? 'conv' : 'dense', kernel, bias }
}

/** γ/√(σ² + ε) of the batch whose moments were just added. */
const scaleOf = ({ norm }: Unit, moments: readonly tf.Tensor[]): tf.Tensor | undefined =>
  norm && tf.mul(norm.gamma, tf.rsqrt(tf.add(moments.at(-1)!, NORM_EPSILON)))

const linear = (unit: Unit, x: tf.Tensor): tf.Tensor =>
  unit.kind === 'conv'
    ? tf.conv2d(x as tf.Tensor4D, unit.kernel as tf.Tensor4D, 1, 'valid')
    : tf.matMul(x as tf.Tensor2D, unit.kernel as tf.Tensor2D)

const axesOf = (unit: Unit): number[] => (unit.kind === 'conv' ? [0, 1, 2] : [0])
