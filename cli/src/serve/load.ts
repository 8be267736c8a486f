/** Screenings in the runtime at once: a few callers who come together are no overload. */
export const BURST = 6
/**
 * The same while more are refused than answered, or than `OVERLOAD`: one that waits, for the disk or for the GPU function, and one that keeps the runtime's one
 * thread busy. With three as many are answered, each in half as long again.
 */
const LASTING = 2
/** So many refusals within a second are an overload, however much was answered just before it began: who is let in meanwhile waits longest of all. */
const OVERLOAD = 2 * BURST
const RECENT_MS = 1000

/** How much was asked of a local start lately, whose runtime has one thread for all. */
export class Load {
  readonly #now: () => number
  #outcomes: { readonly at: number; readonly refused: boolean }[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  answered(): void {
    this.#outcomes.push({ at: this.#now(), refused: false })
  }

  /** Because all places are taken: one account alone that asks for too much is no overload of the thread. */
  refused(): void {
    this.#outcomes.push({ at: this.#now(), refused: true })
  }

  /** So many screenings may be inside now. */
  places(): number {
    const since = this.#now() - RECENT_MS
    this.#outcomes = this.#outcomes.filter(({ at }) => at >= since)
    const refused = this.#outcomes.filter((outcome) => outcome.refused).length
    const answered = this.#outcomes.length - refused
    return refused > Math.min(answered, OVERLOAD) ? LASTING : BURST
  }
}
