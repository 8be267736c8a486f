/** Gauss–Jordan with pivoting; for the few hundred rows of a hidden layer. */
export function inverse(matrix: Float64Array, n: number): Float64Array {
  const a = matrix.slice()
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) out[i * n + i] = 1
  const swapRows = (m: Float64Array, r: number, s: number) => {
    for (let k = 0; k < n; k++) [m[r * n + k], m[s * n + k]] = [m[s * n + k]!, m[r * n + k]!]
  }
  for (let c = 0; c < n; c++) {
    let pivot = c
    for (let r = c + 1; r < n; r++) if (Math.abs(a[r * n + c]!) > Math.abs(a[pivot * n + c]!)) pivot = r
    if (Math.abs(a[pivot * n + c]!) < 1e-12) throw new Error('the matrix is singular')
    swapRows(a, c, pivot)
    swapRows(out, c, pivot)
    const scale = 1 / a[c * n + c]!
    for (let k = 0; k < n; k++) {
      a[c * n + k]! *= scale
      out[c * n + k]! *= scale
    }
    for (let r = 0; r < n; r++) {
      const factor = a[r * n + c]!
      if (r === c || factor === 0) continue
      for (let k = 0; k < n; k++) {
        a[r * n + k]! -= factor * a[c * n + k]!
        out[r * n + k]! -= factor * out[c * n + k]!
      }
    }
  }
  return out
}
