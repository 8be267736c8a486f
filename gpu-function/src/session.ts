import { Worker } from 'node:worker_threads'
import type { WireTensor } from '@detl/core/wire/tensor'
import { Asking, openChannel } from './session-channel.ts'
import {
  type Batch,
  type BatchResult,
  type FromWorker,
  rowBytes,
  type Session,
  type SessionOptions,
  type SlotMemory,
  type TensorInfo,
  type ToWorker,
  type WorkerInput,
} from './session-messages.ts'

const SLOTS = 2
/** Beside this file: as a source, or bundled for a container (deploy/gpu-function/bundle.ts). */
const WORKER = new URL(`./session-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/**
 * Makes an InferenceSession in a thread of its own.
 * @param model the ONNX file; handed over to the thread, unusable afterwards
 * @throws Error if no provider takes the model or its tensors are not UINT8 `image` [N,…] → outputs of fixed size
 */
export async function openSession(
  model: ArrayBuffer,
  options: SessionOptions & { optimisation?: WorkerInput['optimisation'] },
): Promise<Session> {
  const channel = openChannel(SLOTS)
  const workerData: WorkerInput = {
    optimisation: 'all',
    software: false,
    ...options,
    model,
    slots: SLOTS,
    channel,
  }
  const worker = new Worker(WORKER, {
    workerData,
    transferList: [model],
    resourceLimits: { stackSizeMb: stackMb() },
  })
  const ready = await firstMessage(worker)
  return new ThreadSession(worker, ready, new Asking(channel, SLOTS))
}

/**
 * With onnxruntime-node 1.30.0 a thread of the usual 4 MB of stack ends with SIGSEGV where the process was started with several hundred file names.
 * Seen: 200 names pass, 700 and 1,200 do not, and 64 MB of stack cure 1,200. So the stack grows with the command line.
 */
function stackMb(): number {
  const bytes = Buffer.byteLength(process.argv.join(' '))
  return 4 + Math.ceil((512 * bytes) / 2 ** 20)
}

type Ready = Extract<FromWorker, { type: 'ready' }>

class ThreadSession implements Session {
  readonly provider
  readonly adapter
  readonly refused
  readonly runtime
  readonly image
  readonly outputs
  readonly createMs
  readonly slots
  readonly ended: Promise<void>
  readonly #worker: Worker
  readonly #memory: readonly SlotMemory[]
  readonly #free: number[]
  readonly #asking: Asking
  readonly #checks: (() => void)[] = []
  #over = false

  constructor(worker: Worker, ready: Ready, asking: Asking) {
    this.provider = ready.provider
    this.adapter = ready.adapter
    this.refused = ready.refused
    this.runtime = ready.runtime
    this.image = ready.image
    this.outputs = ready.outputs
    this.createMs = ready.createMs
    this.slots = ready.slots.length
    this.#worker = worker
    this.#asking = asking
    this.#memory = ready.slots
    this.#free = ready.slots.map((_, slot) => slot)
    worker.on('message', (message: FromWorker) => this.#settle(message))
    this.ended = new Promise((resolve) => {
      const end = (reason: string) => {
        this.#over = true
        asking.end(reason)
        resolve()
      }
      worker.once('error', (error) => end(`the inference thread failed: ${error}`))
      worker.once('exit', () => end('the inference thread has ended'))
    })
  }

  get over(): boolean {
    return this.#over
  }

  async run({ inputs, rows, outputs }: Batch): Promise<BatchResult> {
    if (this.#over) throw new Error('the inference thread has ended')
    const slot = this.#free.pop()
    if (slot === undefined) throw new Error(`more than ${this.slots} batches at once`)
    const memory = this.#memory[slot]!
    try {
      const used = fill(new Uint8Array(memory.input), inputs) / rowBytes(this.image)
      const wanted = this.outputs.filter((info) => outputs.includes(info.name))
      const bits = wanted.reduce((all, info) => all | (1 << this.outputs.indexOf(info)), 0)
      const runMs = await this.#asking.run({ slot, rows, outputs: bits })
      return { outputs: wanted.map((info) => copyRows(info, memory.outputs[info.name]!, used)), runMs }
    } finally {
      this.#free.push(slot)
    }
  }

  async check(): Promise<void> {
    if (this.#over) return
    const checked = new Promise<void>((resolve) => this.#checks.push(resolve))
    this.#tell({ type: 'check' })
    await Promise.race([checked, this.ended])
  }

  async close(): Promise<void> {
    if (!this.#over) this.#tell({ type: 'close' })
    await this.ended
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message)
    this.#asking.wake()
  }

  #settle(message: FromWorker): void {
    if (message.type === 'checked') this.#checks.shift()?.()
  }
}

function firstMessage(worker: Worker): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const settle = (message: FromWorker | Error | number): void => {
      for (const event of ['error', 'exit', 'message']) worker.off(event, settle)
      if (message instanceof Error) reject(message)
      else if (typeof message === 'number')
        reject(new Error(`the inference thread ended with code ${message}`))
      else if (message.type === 'ready') resolve(message)
      else reject(new Error(message.type === 'unusable' ? message.error : `unexpected ${message.type}`))
    }
    for (const event of ['error', 'exit', 'message']) worker.on(event, settle)
  })
}

function fill(memory: Uint8Array, inputs: readonly Uint8Array[]): number {
  let at = 0
  for (const input of inputs) {
    memory.set(input, at)
    at += input.length
  }
  return at
}

/** A copy, since the memory is filled anew by a later batch while answers are still being written. */
function copyRows(info: TensorInfo, memory: SharedArrayBuffer, rows: number): WireTensor {
  const data = new Uint8Array(rows * rowBytes(info))
  data.set(new Uint8Array(memory, 0, data.length))
  return { name: info.name, datatype: info.datatype, shape: [rows, ...info.shape.slice(1)], data }
}
