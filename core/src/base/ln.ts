/**
 * Natural logarithm by + − × ÷ alone, so that it has the same bits in every runtime; `Math.log` need not. Within 4e-16 of it, relative.
 * @param x above 0
 */
export function ln(x: number): number {
  let power = 0
  let m = x
  for (; m > Math.SQRT2; m /= 2) power++
  for (; m < Math.SQRT1_2; m *= 2) power--
  // ln m = 2 artanh z
  const z = (m - 1) / (m + 1)
  const square = z * z
  let sum = 0
  for (let n = 21; n >= 1; n -= 2) sum = sum * square + 1 / n
  return 2 * z * sum + power * Math.LN2
}
