/**
 * The thread that owns one InferenceSession. onnxruntime-node's `run` blocks the thread that calls it (its promise hides that), so it
 * has a thread of its own: the thread with the sockets goes on reading, checking signatures and refusing.
 * Tensors lie in shared memory, allocated once for the largest batch: nothing is copied between the threads,
 * and ONNX Runtime writes its outputs where the other thread reads them.
 */
import { parentPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import { createSession, describe, imageOf, pictures, rowElements } from './choose-provider.ts'
import type { FromWorker, SlotMemory, TensorInfo, ToWorker, WorkerInput } from './session-messages.ts'
import { stillRuns } from './test-run.ts'

const ARRAY_OF = {
  UINT8: Uint8Array,
  FP32: Float32Array,
  FP64: Float64Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
} as const

// Its errors are thrown as well; on stderr they would stand beside the log, once for every provider that is not there.
ort.env.logLevel = 'fatal'

const port = parentPort
if (!port) throw new Error('session-worker runs as a worker thread only')
const input = workerData as WorkerInput
const answer = (message: FromWorker): void => port.postMessage(message)

try {
  const started = performance.now()
  const { session, provider, adapter, refused } = await createSession(input)
  const image = imageOf(session)
  const outputs = describe(session.outputMetadata)
  const slots = Array.from({ length: input.slots }, () => allocate(image, outputs, input.maxRows))
  let last: Promise<unknown> = Promise.resolve()
  /** Nothing more can be run: the thread ends, and what waits for it is told so. */
  const endIfLost = async (): Promise<boolean> => {
    if (provider === 'cpu' || (await stillRuns(session, pictures(image)))) return false
    await session.release().catch(() => undefined)
    port.close()
    return true
  }
  const runSlot = async (slot: number, rows: number, fetches: Record<string, ort.Tensor>) => {
    const begin = performance.now()
    try {
      await session.run({ image: tensor(image, slots[slot]!.input, rows) }, fetches)
      answer({ type: 'done', slot, ms: performance.now() - begin })
    } catch (error) {
      if (!(await endIfLost())) answer({ type: 'failed', slot, error: String(error) })
    }
  }
  port.on('message', (message: ToWorker) => {
    if (message.type === 'close') {
      // The last message of this port: without listeners and work the thread ends.
      void last.then(() => session.release()).finally(() => port.close())
      return
    }
    // One after the other: a run that waits for another would be told as a long one.
    if (message.type === 'check') {
      last = last.then(async () => (await endIfLost()) || answer({ type: 'checked' }))
      return
    }
    const { slot, rows } = message
    const memory = slots[slot]!
    const wanted = outputs.filter((output) => message.outputs.includes(output.name))
    const fetches = Object.fromEntries(wanted.map((o) => [o.name, tensor(o, memory.outputs[o.name]!, rows)]))
    last = last.then(() => runSlot(slot, rows, fetches))
  })
  const version = ort.env.versions.node ?? ort.env.versions.common
  const createMs = performance.now() - started
  const runtime = `onnxruntime-node ${version}`
  answer({ type: 'ready', provider, adapter, refused, image, outputs, slots, createMs, runtime })
} catch (error) {
  answer({ type: 'unusable', error: error instanceof Error ? error.message : String(error) })
  port.close()
}

function elementBytes(info: TensorInfo): number {
  return ARRAY_OF[info.datatype as keyof typeof ARRAY_OF].BYTES_PER_ELEMENT
}

function allocate(image: TensorInfo, outputs: readonly TensorInfo[], maxRows: number): SlotMemory {
  const memory = (info: TensorInfo) => new SharedArrayBuffer(maxRows * rowElements(info) * elementBytes(info))
  return { input: memory(image), outputs: Object.fromEntries(outputs.map((o) => [o.name, memory(o)])) }
}

function tensor(info: TensorInfo, memory: SharedArrayBuffer, rows: number): ort.Tensor {
  const dims = [rows, ...info.shape.slice(1)]
  const length = rows * rowElements(info)
  switch (info.datatype) {
    case 'UINT8':
      return new ort.Tensor('uint8', new Uint8Array(memory, 0, length), dims)
    case 'FP32':
      return new ort.Tensor('float32', new Float32Array(memory, 0, length), dims)
    case 'FP64':
      return new ort.Tensor('float64', new Float64Array(memory, 0, length), dims)
    case 'INT32':
      return new ort.Tensor('int32', new Int32Array(memory, 0, length), dims)
    case 'INT64':
      return new ort.Tensor('int64', new BigInt64Array(memory, 0, length), dims)
    default:
      throw new Error(`unsupported datatype ${info.datatype}`)
  }
}
