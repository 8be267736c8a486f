/**
 * How long a run of n rows takes on this machine, learnt from the runs themselves.
 * An estimate may only ever postpone or refuse work, so it must not be able to refuse all of it for ever after one
 * slow run: `relax` shortens it each time that it was the reason.
 */
export class RunEstimate {
  readonly #ms = new Map<number, number>()

  /** @param ms measured time of a run of `rows` rows */
  observe(rows: number, ms: number): void {
    const before = this.#ms.get(rows)
    // A quarter of the new value: follows a machine that heats up within some ten runs, ignores a hiccup.
    this.#ms.set(rows, before === undefined ? ms : before + (ms - before) / 4)
  }

  /** @returns milliseconds; 0 before anything was measured */
  of(rows: number): number {
    const known = this.#ms.get(rows)
    if (known !== undefined) return known
    let nearest: [number, number] | undefined
    for (const entry of this.#ms)
      if (!nearest || Math.abs(entry[0] - rows) < Math.abs(nearest[0] - rows)) nearest = entry
    return nearest ? (nearest[1] * Math.max(rows, 1)) / nearest[0] : 0
  }

  relax(): void {
    for (const [rows, ms] of this.#ms) this.#ms.set(rows, ms * 0.9)
  }
}
