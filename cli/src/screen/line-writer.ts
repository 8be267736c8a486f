import type { Writable } from 'node:stream'

/** Writes whole lines, one after the other, to a stream that may cease to take them: a closed pipe, a full disk. */
export class LineWriter {
  /** Why no more is taken. */
  failure: Error | undefined
  /** Aborted with the first failure. */
  readonly closed: AbortSignal
  readonly #out: Writable

  constructor(out: Writable) {
    const closed = new AbortController()
    this.#out = out
    this.closed = closed.signal
    out.on('error', (error: Error) => {
      this.failure ??= error
      closed.abort()
    })
  }

  /** Waits until the stream has taken the text, or has failed; then further text is dropped. */
  async write(text: string): Promise<void> {
    if (this.failure) return
    await new Promise<void>((resolve) => this.#out.write(text, () => resolve()))
  }
}
