import type { Datatype } from '@detl/core/wire/tensor'

/** What ONNX Runtime can run on, best first. */
export const PROVIDERS = ['tensorrt', 'cuda', 'webgpu', 'cpu'] as const
export type Provider = (typeof PROVIDERS)[number]

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
  readonly optimisation: 'basic' | 'all'
}

export type ToWorker =
  | {
      readonly type: 'run'
      readonly slot: number
      readonly rows: number
      readonly outputs: readonly string[]
    }
  /** Ends the thread if its device is lost. */
  | { readonly type: 'check' }
  | { readonly type: 'close' }

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
  | { readonly type: 'done'; readonly slot: number; readonly ms: number }
  | { readonly type: 'failed'; readonly slot: number; readonly error: string }
