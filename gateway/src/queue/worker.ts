/** How many are worked on at once, and how long the queue is left alone when nothing is due. */
type WorkerOptions<T> = {
  /** Rows whose time has come. */
  readonly due: (limit: number) => readonly T[]
  /** One try; it never throws on purpose. */
  readonly work: (row: T) => Promise<void>
  readonly atOnce: number
  readonly onError: (error: unknown) => void
}

const LOOK_EVERY_MS = 1000

/** Works on the rows of a queue as they fall due, until it is stopped. What is under way is known here alone: a killed process leaves no trace. */
export class Worker<T extends { readonly id: number }> {
  readonly #options: WorkerOptions<T>
  readonly #underWay = new Map<number, Promise<void>>()
  readonly #timer: NodeJS.Timeout
  #stopped = false

  constructor(options: WorkerOptions<T>) {
    this.#options = options
    this.#timer = setInterval(() => this.wake(), LOOK_EVERY_MS)
  }

  /** Looks for what is due now. */
  wake(): void {
    if (this.#stopped || this.#underWay.size >= this.#options.atOnce) return
    try {
      this.#begin(this.#options.due(this.#options.atOnce))
    } catch (error) {
      this.#options.onError(error) // the database was held by another process for long: looked at again soon
    }
  }

  #begin(rows: readonly T[]): void {
    const { work, atOnce, onError } = this.#options
    for (const row of rows) {
      if (this.#underWay.size >= atOnce) return
      if (this.#underWay.has(row.id)) continue
      const done = work(row)
        .catch(onError)
        .finally(() => {
          this.#underWay.delete(row.id)
          this.wake()
        })
      this.#underWay.set(row.id, done)
    }
  }

  /** Begins nothing more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await Promise.all(this.#underWay.values())
  }
}
