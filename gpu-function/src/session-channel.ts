/**
 * How runs are handed to the inference thread and back: through words of shared memory that a thread sleeps on. A message between threads costs 0.06 ms each
 * way, since it is copied and goes through the event loop of the thread that it wakes; a sleeping thread that is woken goes on where it stood.
 * The thread that runs may sleep (`Atomics.wait`), the one with the sockets may not (`Atomics.waitAsync`).
 */

/// <reference lib="es2024.sharedmemory" />

/** Of a slot; only `FREE` → `ASKED` → `DONE` or `FAILED` → `FREE`. */
const STATE = { free: 0, asked: 1, done: 2, failed: 3 } as const
/** Words of a slot: its state, the order in which it was asked for, rows, outputs as bits, bytes of an error. */
const WORDS = { state: 0, order: 1, rows: 2, outputs: 3, errorBytes: 4 } as const
const SLOT_WORDS = 8
const ERROR_BYTES = 2048
/** More outputs than bits would be needed; models of this project have six. */
export const MAX_OUTPUTS = 30

export type Asked = { readonly slot: number; readonly rows: number; readonly outputs: number }

const headBytes = 8
const timesAt = (slots: number) => headBytes + slots * SLOT_WORDS * 4
const errorsAt = (slots: number) => timesAt(slots) + slots * 8

/** Memory for both ends. @param slots runs that may be under way at once */
export const openChannel = (slots: number): SharedArrayBuffer =>
  new SharedArrayBuffer(errorsAt(slots) + slots * ERROR_BYTES)

/** Views of one channel. `head[0]` counts what was asked of the thread: runs and messages. */
function viewsOf(memory: SharedArrayBuffer, slots: number) {
  return {
    head: new Int32Array(memory, 0, 2),
    words: new Int32Array(memory, headBytes, slots * SLOT_WORDS),
    times: new Float64Array(memory, timesAt(slots), slots),
    error: (slot: number) => new Uint8Array(memory, errorsAt(slots) + slot * ERROR_BYTES, ERROR_BYTES),
  }
}

type Views = ReturnType<typeof viewsOf>

const word = (slot: number, name: keyof typeof WORDS): number => slot * SLOT_WORDS + WORDS[name]

/** The end of the thread with the sockets. */
export class Asking {
  readonly #views: Views
  readonly #slots: number
  #order = 0

  constructor(channel: SharedArrayBuffer, slots: number) {
    this.#views = viewsOf(channel, slots)
    this.#slots = slots
  }

  /**
   * Asks for a run. @param outputs bits of the wanted outputs
   * @returns milliseconds inside ONNX Runtime @throws Error if it fails, or {@link Asking.end} is called meanwhile
   */
  async run({ slot, rows, outputs }: Asked): Promise<number> {
    const { words, times, error } = this.#views
    words[word(slot, 'rows')] = rows
    words[word(slot, 'outputs')] = outputs
    words[word(slot, 'order')] = ++this.#order
    const state = word(slot, 'state')
    Atomics.store(words, state, STATE.asked)
    this.wake()
    const waited = Atomics.waitAsync(words, state, STATE.asked)
    if (waited.async) await waited.value
    const ended = Atomics.exchange(words, state, STATE.free)
    if (ended === STATE.done) return times[slot]!
    const text = error(slot).slice(0, words[word(slot, 'errorBytes')])
    throw new Error(new TextDecoder().decode(text))
  }

  /** Fails the runs under way: the thread is gone. */
  end(reason: string): void {
    for (let slot = 0; slot < this.#slots; slot++) fail(this.#views, slot, reason)
  }

  /** Wakes the thread: something was asked of it. */
  wake(): void {
    const { head } = this.#views
    Atomics.add(head, 0, 1)
    Atomics.notify(head, 0)
  }
}

/** The end of the inference thread. */
export class Answering {
  readonly #views: Views
  readonly #slots: number
  #seen = 0

  constructor(channel: SharedArrayBuffer, slots: number) {
    this.#views = viewsOf(channel, slots)
    this.#slots = slots
  }

  /** Sleeps until something was asked since the last call. */
  sleep(): void {
    const { head } = this.#views
    Atomics.wait(head, 0, this.#seen)
    this.#seen = Atomics.load(head, 0)
  }

  /** The runs that were asked for and are not done, in the order in which they were asked for. */
  asked(): Asked[] {
    const { words } = this.#views
    const slots: number[] = []
    for (let slot = 0; slot < this.#slots; slot++)
      if (Atomics.load(words, word(slot, 'state')) === STATE.asked) slots.push(slot)
    const order = (slot: number) => words[word(slot, 'order')]!
    // The counter wraps round after 2^31 runs: the difference still tells.
    if (slots.length > 1) slots.sort((a, b) => (order(a) - order(b)) | 0)
    return slots.map((slot) => ({
      slot,
      rows: words[word(slot, 'rows')]!,
      outputs: words[word(slot, 'outputs')]!,
    }))
  }

  done(slot: number, ms: number): void {
    this.#views.times[slot] = ms
    settle(this.#views, slot, STATE.done)
  }

  failed(slot: number, reason: string): void {
    fail(this.#views, slot, reason)
  }
}

function fail(views: Views, slot: number, reason: string): void {
  // By way of a copy: TextEncoder does not write into shared memory.
  const text = new TextEncoder().encode(reason).subarray(0, ERROR_BYTES)
  views.error(slot).set(text)
  views.words[word(slot, 'errorBytes')] = text.length
  settle(views, slot, STATE.failed)
}

/** Ends a run that is under way; of a slot without one nothing changes. */
function settle({ words }: Views, slot: number, state: number): void {
  const at = word(slot, 'state')
  if (Atomics.compareExchange(words, at, STATE.asked, state) === STATE.asked) Atomics.notify(words, at)
}
