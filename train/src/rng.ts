import { uniform } from '@detl/core/base/random'

/** Uniform in [0,1). Randomness is an argument wherever it is used, so that a run follows from its seed. */
export type Rng = () => number

/** Numbers from the hash of its keys: one independent, reproducible stream for, say, (seed, epoch, image). */
export function rngOf(...keys: readonly (number | string)[]): Rng {
  let hash = 0x811c9dc5 // FNV-1a offset basis
  for (const char of keys.join('/')) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193)
  return uniform(hash)
}

/** A new array in random order (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  const out = [...items]
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(rng() * (i + 1))
    ;[out[i], out[j]] = [out[j]!, out[i]!]
  }
  return out
}

/** Standard normal (Box–Muller). */
export const gaussian = (rng: Rng): number =>
  Math.sqrt(-2 * Math.log(1 - rng())) * Math.cos(2 * Math.PI * rng())
