import type { DecodedFrame } from '@detl/core/image/codecs'
import { JpegLsBits } from './jpeg-ls-bits.ts'
import { type JpegLsHeader, readJpegLsHeader } from './jpeg-ls-header.ts'

/**
 * JPEG-LS, lossless and near-lossless (ITU-T T.87 annex A); one component of 2 to 16 bits, without restarts and mapping
 * tables. Each step takes at least a bit of the stream or fills a pixel: the time is bounded by both.
 * @throws on damaged or truncated data
 */
export function decodeJpegLs(bytes: Uint8Array): DecodedFrame {
  const header = readJpegLsHeader(bytes)
  const { width, height, bits } = header
  const data = bits > 8 ? new Uint16Array(width * height) : new Uint8Array(width * height)
  const scan = new Scan(header, new JpegLsBits(bytes, header.scan))
  for (let y = 0; y < height; y++) data.set(scan.nextLine(), y * width)
  return { width, height, components: 1, bits, data }
}

/** Code lengths of runs (table A.7's J). */
const J = Uint8Array.from([
  0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
])
/** The contexts of the sample that ends a run: 365 where its neighbours differ, 366 where they do not. */
const RUN_CONTEXT = 365

/** Of each context: sum of error sizes, sum of errors, correction of the prediction, number of samples. */
const A = 0
const B = 1
const C = 2
const N = 3

/** The decoding procedure; A, B, C, N and Nn are the standard's names. */
class Scan {
  private readonly width: number
  private readonly maxval: number
  private readonly near: number
  private readonly step: number
  private readonly range: number
  private readonly depth: number
  private readonly limit: number
  private readonly reset: number
  private readonly bits: JpegLsBits
  /** Four sums of each context, at the offsets A, B, C and N. */
  private readonly contexts = new Int32Array(4 * 367)
  private readonly Nn = new Int32Array(2)
  /** Quantised gradient, −4 … 4, by gradient + maxval. */
  private readonly quantised: Int8Array
  /** The line that fills up and the one above, with one sample more at either end. */
  private line: Int32Array
  private above: Int32Array
  private runIndex = 0

  constructor(header: JpegLsHeader, bits: JpegLsBits) {
    const { width, maxval, near, thresholds, reset } = header
    this.width = width
    this.maxval = maxval
    this.near = near
    this.step = 2 * near + 1
    this.range = near === 0 ? maxval + 1 : Math.floor((maxval + 2 * near) / this.step) + 1
    this.depth = 32 - Math.clz32(this.range - 1) // ⌈log2 RANGE⌉
    const bpp = Math.max(2, 32 - Math.clz32(maxval))
    this.limit = 2 * (bpp + Math.max(8, bpp))
    this.reset = reset
    this.bits = bits
    for (let at = 0; at < this.contexts.length; at += 4) {
      this.contexts[at + A] = Math.max(2, (this.range + 32) >> 6)
      this.contexts[at + N] = 1
    }
    this.quantised = quantise(maxval, near, thresholds)
    this.line = new Int32Array(width + 2)
    this.above = new Int32Array(width + 2)
  }

  /** The next line; valid until the next call. */
  nextLine(): Int32Array {
    const { width, quantised, maxval, contexts, limit, bits } = this
    const mostZeros = limit - this.depth - 1
    const above = this.line
    const line = this.above
    this.line = line
    this.above = above
    above[width + 1] = above[width]!
    line[0] = above[1]!
    let left = line[0]!
    let upLeft = above[0]!
    let up = above[1]!
    for (let x = 1; x <= width; ) {
      const upRight = above[x + 1]!
      const q =
        81 * quantised[upRight - up + maxval]! +
        9 * quantised[up - upLeft + maxval]! +
        quantised[upLeft - left + maxval]!
      if (q === 0) {
        x = this.run(x)
        left = line[x - 1]!
        upLeft = above[x - 1]!
        up = above[x]!
        continue
      }
      const context = q < 0 ? -4 * q : 4 * q
      const larger = left > up ? left : up
      const smaller = left > up ? up : left
      const median = upLeft >= larger ? smaller : upLeft <= smaller ? larger : left + up - upLeft
      const correction = contexts[context + C]!
      const predicted = this.clamp(q < 0 ? median - correction : median + correction)
      const k = golombParameter(contexts[context + N]!, contexts[context + A]!)
      const short = bits.golomb(k, mostZeros)
      const mapped = short >= 0 ? short : this.golomb(k, limit)
      const error = this.update(context, k, mapped)
      left = this.reconstruct(predicted, q < 0 ? -error : error)
      line[x++] = left
      upLeft = up
      up = upRight
    }
    return line.subarray(1, width + 1)
  }

  /** A.5.2 and A.6: the error that a code stands for, and its context after it. */
  private update(context: number, k: number, mapped: number): number {
    const { contexts } = this
    let a = contexts[context + A]!
    let b = contexts[context + B]!
    let n = contexts[context + N]!
    const odd = -(mapped & 1)
    let error = (mapped >> 1) ^ odd
    // Where the mean error is negative, the signs are the other way round.
    if (k === 0 && this.near === 0 && 2 * b <= -n) error = ~error
    a += error < 0 ? -error : error
    b += error * this.step
    if (n === this.reset) {
      a >>= 1
      b = b >= 0 ? b >> 1 : -((1 - b) >> 1)
      n >>= 1
    }
    n++
    if (b <= -n) {
      b = b + n <= -n ? 1 - n : b + n
      if (contexts[context + C]! > -128) contexts[context + C] = contexts[context + C]! - 1
    } else if (b > 0) {
      b = b > n ? 0 : b - n
      if (contexts[context + C]! < 127) contexts[context + C] = contexts[context + C]! + 1
    }
    contexts[context + A] = a
    contexts[context + B] = b
    contexts[context + N] = n
    return error
  }

  /** A.7: a run of the sample to the left, and the sample that ends it. @returns the index behind them */
  private run(from: number): number {
    const { width, line, bits } = this
    const value = line[from - 1]!
    let x = from
    while (bits.take(1) === 1) {
      const whole = 1 << J[this.runIndex]!
      const length = Math.min(whole, width + 1 - x)
      line.fill(value, x, x + length)
      x += length
      if (length === whole && this.runIndex < 31) this.runIndex++
      if (x > width) return x
    }
    const length = bits.take(J[this.runIndex]!)
    if (x + length > width) throw new Error('a run is longer than its line')
    line.fill(value, x, x + length)
    x += length
    line[x] = this.endOfRun(value, this.above[x]!)
    if (this.runIndex > 0) this.runIndex--
    return x + 1
  }

  /** A.7.2: the sample that ends a run. */
  private endOfRun(left: number, up: number): number {
    const { contexts, Nn } = this
    const alike = Math.abs(left - up) <= this.near ? 1 : 0
    const context = 4 * (RUN_CONTEXT + alike)
    const n = contexts[context + N]!
    const k = golombParameter(n, contexts[context + A]! + (alike === 1 ? n >> 1 : 0))
    const mapped = this.golomb(k, this.limit - J[this.runIndex]! - 1)
    const odd = (mapped + alike) & 1
    const size = (mapped + alike + odd) >> 1
    const usual = k !== 0 || 2 * Nn[alike]! >= n ? 1 : 0
    const error = usual === odd ? -size : size
    if (error < 0) Nn[alike] = Nn[alike]! + 1
    const full = n === this.reset ? 1 : 0 // then all is halved
    contexts[context + A] = (contexts[context + A]! + ((mapped + 1 - alike) >> 1)) >> full
    contexts[context + N] = (n >> full) + 1
    Nn[alike] = Nn[alike]! >> full
    return this.reconstruct(alike === 1 ? left : up, alike === 0 && left > up ? -error : error)
  }

  /** A.5.3: a limited-length Golomb code. A sound stream has none beyond the range. */
  private golomb(k: number, limit: number): number {
    const most = limit - this.depth - 1
    const zeros = this.bits.zeros(most)
    const value = zeros < most ? (zeros << k) | this.bits.take(k) : this.bits.take(this.depth) + 1
    if (value > 2 * this.range) throw new Error('a prediction error is too large')
    return value
  }

  /** A.4.4, A.8: prediction and error, modulo the range. */
  private reconstruct(predicted: number, error: number): number {
    const { near, maxval, step, range } = this
    let value = predicted + error * step
    if (value < -near) value += range * step
    else if (value > maxval + near) value -= range * step
    return this.clamp(value)
  }

  private clamp(value: number): number {
    return value < 0 ? 0 : value > this.maxval ? this.maxval : value
  }
}

/** A.5.1: the least k with n·2^k ≥ a. */
function golombParameter(n: number, a: number): number {
  const k = Math.max(0, Math.clz32(n) - Math.clz32(a))
  return n << k < a ? k + 1 : k
}

/** A.3.3: gradients to regions. */
function quantise(maxval: number, near: number, [t1, t2, t3]: readonly [number, number, number]): Int8Array {
  const out = new Int8Array(2 * maxval + 1)
  for (let gradient = near + 1; gradient <= maxval; gradient++) {
    const region = gradient < t1 ? 1 : gradient < t2 ? 2 : gradient < t3 ? 3 : 4
    out[maxval + gradient] = region
    out[maxval - gradient] = -region
  }
  return out
}
