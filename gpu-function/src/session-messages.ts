import type { Datatype, WireTensor } from '@detl/core/wire/tensor'

/** What ONNX Runtime can run on, best first. */
export const PROVIDERS = ['tensorrt', 'cuda', 'webgpu', 'cpu'] as const
export type Provider = (typeof PROVIDERS)[number]

/** Which of a model's files a CPU runs: what the operator asks for, or the faster one. */
export const PRECISION_CHOICES = ['fp32', 'int8', 'auto'] as const
export type PrecisionChoice = (typeof PRECISION_CHOICES)[number]

/** What a provider computes on. */
export type Adapter = {
  readonly vendor: string
  readonly device: string
  /** Name and version of the driver; '' where there is none. */
  readonly driver: string
  /** No GPU: the work is done by the processor. */
  readonly software: boolean
}

/** A model's tensor as the protocol's metadata states it: −1 stands for the batch axis, always the first. */
export type TensorInfo = {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
}

const ELEMENT_BYTES = { UINT8: 1, FP32: 4, FP64: 8, INT32: 4, INT64: 8 } as const

/** Bytes of one row of a model's tensor. */
export const rowBytes = (info: TensorInfo): number =>
  info.shape.slice(1).reduce((n, d) => n * d, 1) * ELEMENT_BYTES[info.datatype as keyof typeof ELEMENT_BYTES]

export type SessionOptions = {
  readonly providers: readonly Provider[]
  /** Whether a GPU provider may be taken whose adapter is software. Absent: it is passed over, being slower than the CPU provider. */
  readonly software?: boolean
  /** Threads of one run on a CPU. */
  readonly threads: number
  /** Rows of the largest batch. */
  readonly maxRows: number
}

/** Rows of several callers, run as one. */
export type Batch = {
  /** UINT8, each a whole number of rows, in the order of the answer. */
  readonly inputs: readonly Uint8Array[]
  /** Rows to run: at least what `inputs` hold; the rest runs on whatever is in memory and is not returned. */
  readonly rows: number
  readonly outputs: readonly string[]
}
export type BatchResult = {
  /** Of as many rows as the inputs had. */
  readonly outputs: readonly WireTensor[]
  /** Time inside ONNX Runtime. */
  readonly runMs: number
}

export interface Session {
  readonly provider: Provider
  readonly adapter: Adapter
  readonly refused: readonly string[]
  readonly runtime: string
  readonly image: TensorInfo
  readonly outputs: readonly TensorInfo[]
  readonly createMs: number
  /** Batches that can be given to `run` before an earlier one has ended. */
  readonly slots: number
  /** @throws Error if ONNX Runtime fails, or the thread ends */
  run(batch: Batch): Promise<BatchResult>
  /** Runs the model once if it is on a GPU, and ends the thread if that fails; resolves in either case. */
  check(): Promise<void>
  /** Ends the thread after the runs under way and frees the model's memory. */
  close(): Promise<void>
  /** True once the thread has ended. */
  readonly over: boolean
  /** Settles when the thread has ended by itself: from then on `run` fails. */
  readonly ended: Promise<void>
}

/** Memory of one batch, shared by both threads, for up to `maxRows` rows. */
export type SlotMemory = {
  readonly input: SharedArrayBuffer
  readonly outputs: Readonly<Record<string, SharedArrayBuffer>>
}

export type WorkerInput = {
  /** The ONNX file. */
  readonly model: ArrayBuffer
  /** Tried in order; the first that takes the model runs it. */
  readonly providers: readonly Provider[]
  /** Whether a provider may run the model on an adapter that is software, or that cannot be named. */
  readonly software: boolean
  readonly threads: number
  readonly maxRows: number
  /** Batches that may be under way: one runs while the next is being filled. */
  readonly slots: number
  /** Through which it is told what to run: session-channel.ts. */
  readonly channel: SharedArrayBuffer
  readonly optimisation: 'basic' | 'all'
}

/** What is rare goes as a message; runs go through the channel. */
export type ToWorker =
  /** Ends the thread if its device is lost. */
  { readonly type: 'check' } | { readonly type: 'close' }

export type FromWorker =
  | {
      readonly type: 'ready'
      readonly provider: Provider
      readonly adapter: Adapter
      /** Why better providers were passed over, for the log. */
      readonly refused: readonly string[]
      readonly image: TensorInfo
      readonly outputs: readonly TensorInfo[]
      readonly slots: readonly SlotMemory[]
      readonly createMs: number
      readonly runtime: string
    }
  | { readonly type: 'checked' }
  | { readonly type: 'unusable'; readonly error: string }
