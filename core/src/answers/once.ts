/** Made once of a screening, for all representations that need it; forgotten with it. */
export function once<S extends object, T>(make: (screened: S) => Promise<T>): (screened: S) => Promise<T> {
  const made = new WeakMap<S, Promise<T>>()
  return (screened) => {
    const known = made.get(screened) ?? make(screened)
    made.set(screened, known)
    return known
  }
}
