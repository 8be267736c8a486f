/**
 * Uniform numbers in [0,1) from a seed (mulberry32): integer arithmetic, so the same in every runtime.
 * @param seed its lower 32 bits count
 * @example const random = uniform(7); random() !== random() // and the same two numbers at every run
 */
export function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
