/**
 * The thread that owns one InferenceSession. onnxruntime-node's `run` blocks the thread that calls it (its promise hides that), so it
 * has a thread of its own: the thread with the sockets goes on reading, checking signatures and refusing.
 * Tensors lie in shared memory, allocated once for the largest batch: nothing is copied between the threads,
 * and ONNX Runtime writes its outputs where the other thread reads them.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import { createSession, describe, imageOf, pictures, rowElements } from './choose-provider.ts'
import { Answering, type Asked, MAX_OUTPUTS } from './session-channel.ts'
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
const channel = new Answering(input.channel, input.slots)
const answer = (message: FromWorker): void => port.postMessage(message)

try {
  const started = performance.now()
  const { session, provider, adapter, refused } = await createSession(input)
  const image = imageOf(session)
  const outputs = describe(session.outputMetadata)
  if (outputs.length > MAX_OUTPUTS)
    throw new Error(`the model has ${outputs.length} outputs; at most ${MAX_OUTPUTS} can be served`)
  const slots = Array.from({ length: input.slots }, () => allocate(image, outputs, input.maxRows))
  /** Nothing more can be run: the thread ends, and what waits for it is told so. */
  const isLost = async (): Promise<boolean> => {
    if (provider === 'cpu' || (await stillRuns(session, pictures(image)))) return false
    await session.release().catch(() => undefined)
    return true
  }
  /** @returns whether the thread must end */
  const run = async ({ slot, rows, outputs: bits }: Asked): Promise<boolean> => {
    const memory = slots[slot]!
    const fetches: Record<string, ort.Tensor> = {}
    outputs.forEach((output, i) => {
      if (bits & (1 << i)) fetches[output.name] = tensor(output, memory.outputs[output.name]!, rows)
    })
    const begin = performance.now()
    try {
      await session.run({ image: tensor(image, memory.input, rows) }, fetches)
      channel.done(slot, performance.now() - begin)
    } catch (error) {
      if (await isLost()) return true
      channel.failed(slot, String(error))
    }
    return false
  }
  /** @returns whether the thread must end */
  const read = async (message: ToWorker): Promise<boolean> => {
    if (message.type === 'close') {
      await session.release()
      return true
    }
    if (await isLost()) return true
    answer({ type: 'checked' })
    return false
  }
  const version = ort.env.versions.node ?? ort.env.versions.common
  const createMs = performance.now() - started
  const runtime = `onnxruntime-node ${version}`
  answer({ type: 'ready', provider, adapter, refused, image, outputs, slots, createMs, runtime })
  for (let over = false; !over; ) {
    channel.sleep()
    // One after the other: a run that waits for another would be told as a long one. Those that come meanwhile wait until messages are read.
    for (const asked of channel.asked()) over ||= await run(asked)
    for (let mail = receiveMessageOnPort(port); mail && !over; mail = receiveMessageOnPort(port))
      over = await read(mail.message as ToWorker)
  }
  // The last of this thread: without listeners and work it ends.
  port.close()
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
