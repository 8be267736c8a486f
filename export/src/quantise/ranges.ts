/** The values that one tensor took over all calibration images. */
export type Range = { readonly min: number; readonly max: number }

const BINS = 2048
const LEVELS = 255

/** Counts of the values between 0 and `max`. */
export class Histogram {
  readonly counts = new Float64Array(BINS)
  readonly max: number

  constructor(max: number) {
    this.max = max
  }

  add(values: Float32Array): void {
    const perUnit = BINS / this.max
    for (const value of values) if (value > 0) this.counts[Math.min(BINS - 1, Math.floor(value * perUnit))]!++
  }
}

/**
 * Where to clip values that are 0 or more: the threshold whose 255 levels lose least of the distribution, by Kullback–Leibler divergence
 * (Migacz, "8-bit inference with TensorRT", 2017). Zeros are left out: they are exact at every scale.
 */
export function entropyThreshold({ counts, max }: Histogram): number {
  let best = max
  let least = Number.POSITIVE_INFINITY
  for (let bins = LEVELS + 1; bins <= BINS; bins += 16) {
    const divergence = lossAt(counts, bins)
    if (divergence < least) {
      least = divergence
      best = (bins / BINS) * max
    }
  }
  return best
}

/** KL(P‖Q): P the values clipped at `bins`, Q what 255 levels keep of them. */
function lossAt(counts: Float64Array, bins: number): number {
  const p = counts.slice(0, bins)
  let kept = 0
  for (const count of p) kept += count
  let total = kept
  for (let i = bins; i < BINS; i++) total += counts[i]!
  if (kept === 0) return Number.POSITIVE_INFINITY
  p[bins - 1]! += total - kept
  const q = levelled(counts, bins)
  let sum = 0
  for (let i = 0; i < bins; i++) {
    if (p[i] === 0) continue
    if (q[i] === 0) return Number.POSITIVE_INFINITY
    sum += (p[i]! / total) * Math.log(p[i]! / total / (q[i]! / kept))
  }
  return sum
}

/** Each level's count, spread over the bins of it that hold any. */
function levelled(counts: Float64Array, bins: number): Float64Array {
  const q = new Float64Array(bins)
  for (let level = 0; level < LEVELS; level++) {
    const from = Math.floor((level * bins) / LEVELS)
    const to = Math.floor(((level + 1) * bins) / LEVELS)
    let sum = 0
    let filled = 0
    for (let i = from; i < to; i++) {
      sum += counts[i]!
      if (counts[i]! > 0) filled++
    }
    for (let i = from; i < to; i++) if (counts[i]! > 0) q[i] = sum / filled
  }
  return q
}
