import type * as tf from '@tensorflow/tfjs-core'
import type { Wasm } from './derived.ts'
import { type Handle, loadOneDnn, type OneDnn } from './onednn-api.ts'

// Values of dnnl_types.h, oneDNN 2.x
const CPU = 1
const IN_ORDER = 1
const F32 = 3
export const TAG = { any: 1, a: 2, ab: 3, nhwc: 20, hwio: 30, hwigo: 33 } as const

/** One engine and stream, and the few patterns of the C API. */
export class OneDnnSession {
  readonly api: OneDnn
  readonly engine: Handle
  readonly stream: Handle
  /** oneDNN keeps the addresses of these: they must outlive the plans. Node pools small buffers, so none is small. */
  readonly #kept: Uint8Array[] = []

  constructor() {
    this.api = loadOneDnn()
    this.engine = this.made((o) => this.api.engineCreate(o, CPU, 0))
    this.stream = this.made((o) => this.api.streamCreate(o, this.engine, IN_ORDER))
  }

  /** The handle that a call writes to its first argument. */
  made(create: (out: [Handle | null]) => number): Handle {
    const out: [Handle | null] = [null]
    check(create(out))
    return BigInt(out[0]!)
  }

  buffer(bytes: number): Uint8Array {
    const b = new Uint8Array(Math.max(bytes, 1024))
    this.#kept.push(b)
    return b
  }

  describe(dims: number[], tag: number): Uint8Array {
    const md = this.buffer(1024)
    check(this.api.memoryDescInit(md, dims.length, int64(dims), F32, tag))
    return md
  }

  memory(md: Uint8Array | Handle, data: Handle): Handle {
    const address = typeof md === 'bigint' ? md : this.api.addressOf(md)
    return this.made((o) => this.api.memoryCreate(o, address, this.engine, data))
  }

  /**
   * Runs with one OpenMP thread. Normalisation has several barriers and little work between them: two threads that
   * share their cores with anything else wait for each other longer than one of them works (6 times, measured).
   */
  singleThreaded<T>(work: () => T): T {
    const threads = this.api.maxThreads()
    this.api.setThreads(1)
    try {
      return work()
    } finally {
      this.api.setThreads(threads)
    }
  }

  execute(primitive: Handle, args: Uint8Array): void {
    check(this.api.primitiveExecute(primitive, this.stream, args.length / 16, args))
  }

  /** Addresses of tensors on the wasm heap. The heap moves when it grows: ask anew in every kernel, after allocating. */
  heapAddress(backend: Wasm): (t: tf.TensorInfo) => Handle {
    const base = this.api.addressOf((backend.wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8)
    return (t) => base + BigInt(backend.getMemoryOffset(t.dataId) >>> 0) // offsets over 2 GiB arrive as negative
  }
}

/** dnnl_exec_arg_t[]: int32 argument, padding, pointer. */
export function packArgs(list: [number, Handle][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(16 * list.length))
  list.forEach(([arg, memory], i) => {
    view.setInt32(16 * i, arg, true)
    view.setBigUint64(16 * i + 8, memory, true)
  })
  return new Uint8Array(view.buffer)
}

export const int64 = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt)

export function check(status: number): void {
  if (status !== 0) throw new Error(`oneDNN answered status ${status}`)
}
