import type { Handle, OneDnn } from './onednn-api.ts'

const ALIGNMENT = 64

type Slot = { buffer: Uint8Array; address: Handle; holds?: { dataId: object; layout: Handle } | undefined }

/**
 * Room outside the wasm heap for tensors in oneDNN's own layouts, one buffer a name, as large as the largest that was
 * asked for. A slot knows what it holds: both gradients of a convolution read the same dy, which is copied once.
 */
export class OneDnnScratch {
  readonly #api: OneDnn
  readonly #slots = new Map<string, Slot>()

  constructor(api: OneDnn) {
    this.#api = api
  }

  /** Room for anything: its contents are whatever was there. */
  room(name: string, bytes: number): Handle {
    return this.#slot(name, bytes).address
  }

  /** Room that holds this tensor in this layout; `fill` is called where it does not yet. Tensors never change. */
  filled(name: string, layout: Handle, bytes: number, dataId: object, fill: (dst: Handle) => void): Handle {
    const slot = this.#slot(name, bytes)
    const { holds, address } = slot
    if (holds?.dataId === dataId && this.#api.memoryDescEqual(holds.layout, layout)) return address
    slot.holds = undefined
    fill(address)
    slot.holds = { dataId, layout }
    return address
  }

  #slot(name: string, bytes: number): Slot {
    const old = this.#slots.get(name)
    if (old && old.buffer.length >= bytes + ALIGNMENT) return old
    const buffer = new Uint8Array(bytes + ALIGNMENT)
    const start = this.#api.addressOf(buffer)
    const slot = { buffer, address: (start + BigInt(ALIGNMENT - 1)) & ~BigInt(ALIGNMENT - 1) }
    this.#slots.set(name, slot)
    return slot
  }
}
