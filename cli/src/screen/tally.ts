import type { ScreenLine } from './line.ts'

/** Counts for the summary at the end. */
export class Tally {
  scored = 0
  failed = 0
  /** Files of folders that are no images. */
  passedOver = 0
  readonly #above = new Map<string, number>()
  readonly #errors = new Map<string, number>()
  readonly #started = performance.now()

  count(line: ScreenLine | undefined): void {
    if (line === undefined) this.passedOver++
    else if ('error' in line) {
      this.failed++
      add(this.#errors, line.error.code)
    } else {
      this.scored++
      for (const held of line.decision?.classes ?? []) if (held.positive) add(this.#above, held.class)
    }
  }

  /**
   * @param asked files that were to be screened
   * @param earlier further files, that an earlier output holds
   */
  summary(asked: number, earlier: number): string {
    const seconds = (performance.now() - this.#started) / 1000
    const done = this.scored + this.failed
    const left = asked - done - this.passedOver
    const lines = [
      [
        `${done} ${done === 1 ? 'image' : 'images'}: ${this.scored} scored, ${this.failed} failed`,
        left > 0 && `stopped with ${left} left, --resume goes on`,
        earlier > 0 && `${earlier} in the earlier output`,
        this.passedOver > 0 &&
          `${this.passedOver} passed over, no ${this.passedOver === 1 ? 'image' : 'images'}`,
        done > 0 && `${seconds.toFixed(1)} s (${(done / seconds).toFixed(1)} a second)`,
      ]
        .filter(Boolean)
        .join('; '),
    ]
    if (this.#above.size > 0) lines.push(`at or above their thresholds: ${list(this.#above)}`)
    if (this.#errors.size > 0) lines.push(`failed: ${list(this.#errors)}`)
    return lines.join('\n')
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const list = (counts: ReadonlyMap<string, number>) =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
