import * as tf from '@tensorflow/tfjs-core'

/**
 * Exponential moving average of weights over steps (Polyak & Juditsky 1992; as used by Tarvainen & Valpola 2017): what
 * is validated and kept is the average, what trains on is not touched. The decay rises from 0, so that the first,
 * random weights are forgotten.
 */
export class WeightAverage {
  readonly #live: readonly tf.Variable[]
  readonly #decay: number
  #average: tf.Tensor[]
  #steps = 0

  /** @param decay per step; 0.99 averages over about the last hundred */
  constructor(live: readonly tf.Variable[], decay: number) {
    this.#live = live
    this.#decay = decay
    this.#average = live.map((v) => tf.clone(v))
  }

  get tensors(): readonly tf.Tensor[] {
    return this.#average
  }

  restore(tensors: readonly tf.Tensor[], steps: number): void {
    tf.dispose(this.#average)
    this.#average = tensors.map((t) => tf.keep(t.clone()))
    this.#steps = steps
  }

  update(): void {
    this.#steps++
    const decay = Math.min(this.#decay, (this.#steps - 1) / (this.#steps + 9))
    for (const [i, v] of this.#live.entries()) {
      const old = this.#average[i]!
      this.#average[i] = tf.tidy(() => tf.add(tf.mul(old, decay), tf.mul(v, 1 - decay)))
      old.dispose()
    }
  }

  /** Runs `work` with the averages in the variables' place. */
  during(work: () => void): void {
    const live = this.#live.map((v) => v.clone())
    for (const [i, v] of this.#live.entries()) v.assign(this.#average[i]!)
    try {
      work()
    } finally {
      for (const [i, v] of this.#live.entries()) v.assign(live[i]!)
      tf.dispose(live)
    }
  }

  dispose(): void {
    tf.dispose(this.#average)
  }
}
