/** Larger ones are not kept. */
const KEPT_BYTES = 1 << 24

/** Memory that files are read into, one after the other: to allocate, clear and collect it anew for each costs more than to read it. */
export class FileBuffers {
  readonly #free: Uint8Array[] = []

  /** @returns memory of that length, with whatever it held before */
  take(bytes: number): Uint8Array {
    const kept = this.#free.findIndex((buffer) => buffer.length >= bytes)
    const buffer = kept < 0 ? new Uint8Array(roundUp(bytes)) : this.#free.splice(kept, 1)[0]!
    return buffer.subarray(0, bytes)
  }

  /** @param bytes what `take` gave, or a part of its beginning; nobody may look at it any more */
  giveBack(bytes: Uint8Array): void {
    const buffer = new Uint8Array(bytes.buffer)
    if (buffer.length > KEPT_BYTES) return
    this.#free.push(buffer)
    this.#free.sort((a, b) => a.length - b.length)
    if (this.#free.length > 2) this.#free.shift()
  }
}

const roundUp = (bytes: number) => Math.max(1 << 20, 2 ** Math.ceil(Math.log2(bytes + 1)))
