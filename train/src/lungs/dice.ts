/**
 * Dice's coefficient of two regions, 2·|A∩B| / (|A| + |B|): 1 where they are one and the same; two empty ones agree as well.
 * @param a shares of cells, of which more than one half counts as inside; as many as `b`
 */
export function dice(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let both = 0
  let sum = 0
  for (let i = 0; i < a.length; i++) {
    const [inA, inB] = [a[i]! > 0.5, b[i]! > 0.5]
    if (inA && inB) both++
    sum += Number(inA) + Number(inB)
  }
  return sum === 0 ? 1 : (2 * both) / sum
}

/** Spearman's rank correlation; equal values share the mean of their ranks. @param a and b of the same length, two or more */
export function spearman(a: readonly number[], b: readonly number[]): number {
  return pearson(ranks(a), ranks(b))
}

/** Pearson's correlation: how straight the line is. @param a and b of the same length, two or more */
export function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (v: readonly number[]) => v.reduce((s, x) => s + x, 0) / v.length
  const [ma, mb] = [mean(a), mean(b)]
  const product = (x: readonly number[], mx: number, y: readonly number[], my: number) =>
    x.reduce((s, v, i) => s + (v - mx) * (y[i]! - my), 0)
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb))
}

function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, j) => values[i]! - values[j]!)
  const out = new Array<number>(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let k = start; k < end; k++) out[order[k]!] = (start + end - 1) / 2
    start = end
  }
  return out
}

/** The smallest value that `level` of the values do not exceed, with one more than there are (split conformal, Vovk et al. 2005). */
export function upperQuantile(values: readonly number[], level: number): number {
  const sorted = [...values].sort((x, y) => x - y)
  return sorted[Math.min(sorted.length, Math.ceil((sorted.length + 1) * level)) - 1]!
}
