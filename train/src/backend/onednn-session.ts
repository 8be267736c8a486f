import * as tf from '@tensorflow/tfjs-core'
import type { Wasm } from './derived.ts'
import { type Handle, loadOneDnn, type OneDnn } from './onednn-api.ts'

// Values of dnnl_types.h, oneDNN 2.x
const CPU = 1
const IN_ORDER = 1
const F32 = 3
export const FORWARD_TRAINING = 64
/** dnnl_exec_arg_t's numbers; batch normalisation has its γ and β where others have weights. */
export const ARG = {
  src: 1,
  secondSrc: 2,
  dst: 17,
  weights: 33,
  bias: 41,
  mean: 49,
  variance: 50,
  workspace: 64,
  diffSrc: 129,
  diffDst: 145,
  diffWeights: 161,
  diffBias: 169,
  /** Times the operation's place, from 1 on; to it is added which of its operands. */
  postOp: 16384,
} as const
export const TAG = { any: 1, a: 2, ab: 3, nhwc: 20, hwio: 30, hwigo: 33 } as const

/** Values of a tensor from which on several threads pay. */
const MANY = 2 ** 18

/** All that a WebAssembly module can address: V8 keeps it free behind the heap. */
const WASM_ADDRESSES = 2 ** 32

/** A compiled primitive: runs on the buffers at these addresses. */
export type Run<Name extends string> = (addresses: Record<Name, Handle>) => void

/** An activation for tensors of one size; both passes may work in place. */
export type Activation = {
  forward: Run<'src' | 'dst'>
  /** dy where the result `dst` is not at an end of its range, else 0 */
  backward: Run<'dst' | 'diffDst' | 'diffSrc'>
}
/** Of tensors of this size; undefined for `linear`. */
export type ActivationOf = (
  activation: 'relu' | 'relu6' | 'linear',
  x: tf.TensorInfo,
) => Activation | undefined

/** A memory descriptor that oneDNN chose, and the room that it takes. */
export type Layout = { md: Handle; bytes: number }

/** One engine and stream, and the few patterns of the C API. */
export class OneDnnSession {
  readonly api: OneDnn
  readonly engine: Handle
  readonly stream: Handle
  /** oneDNN keeps the addresses of these: they must outlive the plans. Node pools small buffers, so none is small. */
  readonly #kept: Uint8Array[] = []
  readonly #all: number
  #threads: number
  #heap = 0n

  constructor() {
    this.api = loadOneDnn()
    this.#all = this.#threads = this.api.maxThreads()
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

  /** The primitive of a descriptor that `init` fills in. @param hint of a gradient: the forward primitive's descriptor */
  primitiveDesc(init: (desc: Uint8Array) => number, hint = 0n, attributes = 0n): Handle {
    const desc = this.buffer(8192)
    check(init(desc))
    return this.made((out) => this.api.primitiveDescCreate(out, desc, attributes, this.engine, hint))
  }

  /** Where a primitive wants this argument, and how: @param what a `dnnl_query_t` */
  layoutOf(primitiveDesc: Handle, what: number): Layout {
    const md = BigInt(this.api.primitiveDescQueryMd(primitiveDesc, what, 0))
    return { md, bytes: Number(this.api.memoryDescSize(md)) }
  }

  /** Copies from one layout to another; undefined where they are the same. */
  reorder(from: Handle, to: Handle): Run<'src' | 'dst'> | undefined {
    if (this.api.memoryDescEqual(from, to)) return undefined
    const { engine } = this
    const desc = this.made((out) => this.api.reorderDescCreate(out, from, engine, to, engine, 0n))
    return this.compile(desc, { src: [ARG.src, from], dst: [ARG.dst, to] })
  }

  /** @param args of each argument: its number in `dnnl_types.h` and its memory descriptor */
  compile<Name extends string>(
    primitiveDesc: Handle,
    args: Record<Name, readonly [arg: number, md: Uint8Array | Handle]>,
  ): Run<Name> {
    const names = Object.keys(args) as Name[]
    const memories = names.map((name) => this.memory(args[name][1], 0n))
    const packed = packArgs(names.map((name, i) => [args[name][0], memories[i]!]))
    const primitive = this.made((out) => this.api.primitiveCreate(out, primitiveDesc))
    return (addresses) => {
      for (const [i, name] of names.entries()) check(this.api.memorySetData(memories[i]!, addresses[name]))
      check(this.api.primitiveExecute(primitive, this.stream, names.length, packed))
      check(this.api.streamWait(this.stream))
    }
  }

  /** Plans by their arguments and the number of threads, which oneDNN fixes when it makes a plan. */
  planned<Args extends readonly unknown[], Plan>(build: (...args: Args) => Plan): (...args: Args) => Plan {
    const plans = new Map<string, Plan>()
    return (...args) => {
      const key = `${this.#threads} ${args.join()}`
      const plan = plans.get(key) ?? build(...args)
      plans.set(key, plan)
      return plan
    }
  }

  /**
   * Runs work on a small tensor with one OpenMP thread. Normalisation has several barriers: where there is little work
   * between them, threads that share their cores with anything else wait for each other longer than one of them works.
   */
  threadsFor<T>(t: tf.TensorInfo, work: () => T): T {
    if (tf.util.sizeFromShape(t.shape) >= MANY) return work()
    this.#use(1)
    try {
      return work()
    } finally {
      this.#use(this.#all)
    }
  }

  #use(threads: number): void {
    this.#threads = threads
    this.api.setThreads(threads)
  }

  execute(primitive: Handle, args: Uint8Array): void {
    check(this.api.primitiveExecute(primitive, this.stream, args.length / 16, args))
  }

  /** Addresses of tensors on the wasm heap. The heap moves when it grows: ask anew in every kernel, after allocating. */
  heapAddress(backend: Wasm): (t: tf.TensorInfo) => Handle {
    const base = this.api.addressOf((backend.wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8)
    if (base !== this.#heap) {
      this.#heap = base
      // Also of what is not yet in use. Where the system says no, pages are small and a step takes a tenth longer.
      this.api.adviseHugePages(base, WASM_ADDRESSES)
    }
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
