import type { Screened } from './answer.ts'

/** Made once of a screening, for all representations that need it; forgotten with it. */
export function once<T>(make: (screened: Screened) => Promise<T>): (screened: Screened) => Promise<T> {
  const made = new WeakMap<Screened, Promise<T>>()
  return (screened) => {
    const known = made.get(screened) ?? make(screened)
    made.set(screened, known)
    return known
  }
}
