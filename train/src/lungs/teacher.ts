import { inverse } from '../inverse.ts'

/** Sums of a weighted least-squares fit with an intercept, which can be added and taken apart: one for each fold. */
export class LeastSquares {
  readonly size: number
  readonly #gram: Float64Array
  readonly #right: Float64Array

  /** @param features of each sample; the intercept is one more */
  constructor(features: number) {
    this.size = features + 1
    this.#gram = new Float64Array(this.size ** 2)
    this.#right = new Float64Array(this.size)
  }

  /** One sample. @param x the features */
  add(x: Float32Array, target: number, weight: number): void {
    const n = this.size
    for (let i = 0; i < n; i++) {
      const xi = (i < n - 1 ? x[i]! : 1) * weight
      if (xi === 0) continue
      const row = i * n
      for (let j = 0; j < n - 1; j++) this.#gram[row + j]! += xi * x[j]!
      this.#gram[row + n - 1]! += xi
      this.#right[i]! += xi * target
    }
  }

  plus(other: LeastSquares): LeastSquares {
    const sum = new LeastSquares(this.size - 1)
    for (const one of [this, other]) {
      for (const [i, v] of one.#gram.entries()) sum.#gram[i]! += v
      for (const [i, v] of one.#right.entries()) sum.#right[i]! += v
    }
    return sum
  }

  /**
   * Ridge regression (Hoerl & Kennard 1970): the penalty is a share of each feature's own sum of squares, so that scales do not matter; the intercept has none.
   * @returns weights, the intercept last
   */
  solve(penalty: number): Float64Array {
    const n = this.size
    const a = this.#gram.slice()
    const mean = Array.from({ length: n - 1 }, (_, i) => a[i * n + n - 1]! / a[n * n - 1]!)
    for (let i = 0; i < n - 1; i++)
      a[i * n + i]! += penalty * (a[i * n + i]! - mean[i]! ** 2 * a[n * n - 1]!) + 1e-6
    const inverted = inverse(a, n)
    return Float64Array.from({ length: n }, (_, i) => {
      let sum = 0
      for (let j = 0; j < n; j++) sum += inverted[i * n + j]! * this.#right[j]!
      return sum
    })
  }
}
