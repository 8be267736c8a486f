import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { norm } from '../backend/norm.ts'
import { NORM_EPSILON } from '../model/norm-epsilon.ts'

/** What the network tells apart, in the order of its outputs: the lung at the left of the picture, the one at its right, and opacity. */
export const PLANES = ['pictureLeft', 'pictureRight', 'opacity'] as const

/** Side of the input; the planes have half of it. */
export const LUNG_SIZE = 128

type Row =
  | {
      readonly kind: 'conv'
      readonly name: string
      readonly filters: number
      readonly strides: 1 | 2
      readonly from?: string
    }
  | { readonly kind: 'up'; readonly name: string; readonly with: string }

const down = (name: string, filters: number): Row => ({ kind: 'conv', name, filters, strides: 2 })
const conv = (name: string, filters: number): Row => ({ kind: 'conv', name, filters, strides: 1 })
/** Twice the size, then joined with the row `skip` of that size. */
const up = (name: string, skip: string): Row => ({ kind: 'up', name, with: skip })

/**
 * A U-Net (Ronneberger, Fischer & Brox 2015) of few channels: 3 × 3 convolutions with ReLU, "same" padding. It ends at a quarter of the input's
 * resolution, of which each cell gives four of the planes' (a transposed convolution of 2 × 2, whose patches do not overlap): outlines of lungs are smooth, and
 * a level more costs as much as all others together. Channels in sixteens: processors compute that many at once, also where there are fewer.
 */
const ROWS: readonly Row[] = [
  down('c1', 16), //  [N,64,64,16]
  down('c2', 16), //  [N,32,32,16]
  conv('c2b', 16),
  down('c3', 32), //  [N,16,16,32]
  conv('c3b', 32),
  down('c4', 48), //  [N,8,8,48]
  conv('c4b', 48),
  down('c5', 96), //  [N,4,4,96]
  conv('c5b', 96),
  up('u4', 'c4b'), // [N,8,8,144]
  conv('d4', 48),
  up('u3', 'c3b'), // [N,16,16,80]
  conv('d3', 32),
  conv('d3b', 16),
  up('u2', 'c2b'), // [N,32,32,32]
  conv('d2', 32),
]
const HEAD = 'planes'

/**
 * The network as it is saved, exported and served. Input [N,S,S,1] in 0 … 1, output [N,S/2,S/2,3] in 0 … 1.
 * @example const model = lungNet(128, 1)
 */
export function lungNet(size: number, seed: number): tfl.LayersModel {
  const input = tfl.input({ name: 'image', shape: [size, size, 1] })
  const values = new Map<string, tfl.SymbolicTensor>()
  let x: tfl.SymbolicTensor = input
  for (const [i, row] of ROWS.entries()) {
    if (row.kind === 'up') {
      const larger = tfl.layers
        .upSampling2d({ name: `${row.name}_up`, size: [2, 2] })
        .apply(x) as tfl.SymbolicTensor
      x = tfl.layers
        .concatenate({ name: row.name })
        .apply([larger, values.get(row.with)!]) as tfl.SymbolicTensor
    } else {
      const { name, filters, strides } = row
      const kernelInitializer = tfl.initializers.heNormal({ seed: seed * 100 + i })
      const layer = { name, filters, strides, kernelSize: 3, padding: 'same' as const, kernelInitializer }
      x = tfl.layers.conv2d({ ...layer, activation: 'relu' }).apply(x) as tfl.SymbolicTensor
    }
    values.set(row.name, x)
  }
  const kernelInitializer = tfl.initializers.glorotNormal({ seed: seed * 100 + ROWS.length })
  const head = { name: HEAD, filters: PLANES.length, kernelSize: 2, strides: 2, kernelInitializer }
  x = tfl.layers
    .conv2dTranspose({ ...head, padding: 'valid', activation: 'sigmoid' })
    .apply(x) as tfl.SymbolicTensor
  return tfl.model({ name: 'lung-net', inputs: input, outputs: x })
}

/** Twice the size, with the map of that size behind it. */
const joined = (x: tf.Tensor4D, skip: tf.Tensor4D): tf.Tensor4D =>
  tf.concat([tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]), skip], 3)

type Unit = {
  readonly kernel: tf.Variable
  readonly gamma: tf.Variable
  readonly beta: tf.Variable
  readonly mean: tf.Variable
  readonly variance: tf.Variable
}

/** Of the running statistics, per step. */
const DECAY = 0.97

/**
 * The network while it trains: each convolution is normalised over the batch (Ioffe & Szegedy 2015) before its ReLU. At the end the
 * normalisation becomes part of kernel and bias, exactly, since it follows the convolution.
 */
export class LungTraining {
  readonly #units = new Map<string, Unit>()
  readonly #head: { kernel: tf.Variable; bias: tf.Variable }

  /** @param model fresh, as `lungNet` makes it */
  constructor(model: tfl.LayersModel) {
    for (const row of ROWS) {
      if (row.kind !== 'conv') continue
      const [kernel] = model.getLayer(row.name).getWeights()
      const of = (value: number, trained: boolean) => tf.variable(tf.fill([row.filters], value), trained)
      this.#units.set(row.name, {
        kernel: tf.variable(kernel!),
        gamma: of(1, true),
        beta: of(0, true),
        mean: of(0, false),
        variance: of(1, false),
      })
    }
    const [kernel, bias] = model.getLayer(HEAD).getWeights()
    this.#head = { kernel: tf.variable(kernel!), bias: tf.variable(bias!) }
  }

  get variables(): tf.Variable[] {
    const units = [...this.#units.values()].flatMap(({ kernel, gamma, beta }) => [kernel, gamma, beta])
    return [...units, this.#head.kernel, this.#head.bias]
  }

  get statistics(): tf.Variable[] {
    return [...this.#units.values()].flatMap(({ mean, variance }) => [mean, variance])
  }

  /** @param moments gets mean and variance of each unit, kept; the caller disposes of them @returns scores before the sigmoid */
  forward(image: tf.Tensor4D, moments: tf.Tensor[]): tf.Tensor4D {
    const values = new Map<string, tf.Tensor4D>()
    let x = image
    for (const row of ROWS) {
      if (row.kind === 'up') {
        x = joined(x, values.get(row.with)!)
      } else {
        const { kernel, gamma, beta } = this.#units.get(row.name)!
        const z = tf.conv2d(x, kernel as unknown as tf.Tensor4D, row.strides, 'same')
        x = norm(z, gamma, beta, moments) as tf.Tensor4D
      }
      values.set(row.name, x)
    }
    const { kernel, bias } = this.#head
    const [batch, height, width] = x.shape
    const shape: [number, number, number, number] = [batch, 2 * height, 2 * width, PLANES.length]
    return tf.add(tf.conv2dTranspose(x, kernel as unknown as tf.Tensor4D, shape, 2, 'valid'), bias)
  }

  /**
   * Goes on from a saved network: it computes the same, on a batch like `sample`, with normalisations that can be trained.
   * @param sample [B,S,S,1] in 0 … 1
   */
  startFrom(model: tfl.LayersModel, sample: tf.Tensor4D): void {
    tf.tidy(() => {
      const values = new Map<string, tf.Tensor4D>()
      let x = sample
      for (const row of ROWS) {
        if (row.kind === 'up') x = joined(x, values.get(row.with)!)
        else {
          const [kernel, bias] = model.getLayer(row.name).getWeights() as [tf.Tensor4D, tf.Tensor1D]
          const unit = this.#units.get(row.name)!
          const z = tf.conv2d(x, kernel, row.strides, 'same')
          const { mean, variance } = tf.moments(z, [0, 1, 2])
          unit.kernel.assign(kernel)
          unit.gamma.assign(tf.sqrt(tf.add(variance, NORM_EPSILON)))
          unit.beta.assign(tf.add(bias, mean))
          unit.mean.assign(mean)
          unit.variance.assign(variance)
          x = tf.relu(tf.add(z, bias))
        }
        values.set(row.name, x)
      }
      const [kernel, bias] = model.getLayer(HEAD).getWeights()
      this.#head.kernel.assign(kernel!)
      this.#head.bias.assign(bias!)
    })
  }

  updateStatistics(moments: readonly tf.Tensor[]): void {
    for (const [i, running] of this.statistics.entries())
      tf.tidy(() => running.assign(tf.add(tf.mul(running, DECAY), tf.mul(moments[i]!, 1 - DECAY))))
  }

  /** As plain kernels and biases. */
  foldInto(model: tfl.LayersModel): void {
    tf.tidy(() => {
      for (const [name, { kernel, gamma, beta, mean, variance }] of this.#units) {
        const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, NORM_EPSILON)))
        model.getLayer(name).setWeights([tf.mul(kernel, scale), tf.sub(beta, tf.mul(mean, scale))])
      }
      model.getLayer(HEAD).setWeights([this.#head.kernel, this.#head.bias])
    })
  }

  dispose(): void {
    tf.dispose([...this.variables, ...this.statistics])
  }
}
