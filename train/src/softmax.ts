/** softmax(z / temperature) of each row. */
export function softmaxRows(logits: Float32Array, classes: number, temperature = 1): Float32Array {
  const out = new Float32Array(logits.length)
  for (let r = 0; r < logits.length; r += classes) {
    let max = Number.NEGATIVE_INFINITY
    for (let c = 0; c < classes; c++) max = Math.max(max, logits[r + c]!)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp((logits[r + c]! - max) / temperature)
    for (let c = 0; c < classes; c++) out[r + c] = Math.exp((logits[r + c]! - max) / temperature) / sum
  }
  return out
}

/** sigmoid(z / temperature) */
export const sigmoid = (logit: number, temperature = 1): number => 1 / (1 + Math.exp(-logit / temperature))

/** Index of each row's largest value; of equal ones the first. */
export function argmaxRows(values: Float32Array, classes: number): Int32Array {
  const out = new Int32Array(values.length / classes)
  for (let r = 0; r < out.length; r++) {
    for (let c = 1; c < classes; c++) {
      if (values[r * classes + c]! > values[r * classes + out[r]!]!) out[r] = c
    }
  }
  return out
}
