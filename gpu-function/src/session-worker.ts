/**
 * The thread that owns one InferenceSession. onnxruntime-node's `run` blocks the thread that calls it (its promise hides that), so it
 * has a thread of its own: the thread with the sockets goes on reading, checking signatures and refusing.
 * Tensors lie in shared memory, allocated once for the largest batch: nothing is copied between the threads,
 * and ONNX Runtime writes its outputs where the other thread reads them.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Datatype } from '@detl/core/wire/tensor'
import ort from 'onnxruntime-node'
import type { FromWorker, SlotMemory, TensorInfo, ToWorker, WorkerInput } from './session-messages.ts'

const DATATYPE_OF: Partial<Record<ort.Tensor.Type, Datatype>> = {
  uint8: 'UINT8',
  float32: 'FP32',
  float64: 'FP64',
  int32: 'INT32',
  int64: 'INT64',
}
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
  const { session, provider, refused } = await createSession(input)
  const image = describe(session.inputMetadata)[0]
  if (!image || session.inputMetadata.length !== 1 || image.datatype !== 'UINT8' || image.name !== 'image')
    throw new Error('the model does not have the one input UINT8 "image"')
  const outputs = describe(session.outputMetadata)
  const slots = Array.from({ length: input.slots }, () => allocate(image, outputs, input.maxRows))
  let last: Promise<void> = Promise.resolve()
  port.on('message', (message: ToWorker) => {
    if (message.type === 'close') {
      // The last message of this port: without listeners and work the thread ends.
      void last.then(() => session.release()).finally(() => port.close())
      return
    }
    const { slot, rows } = message
    const memory = slots[slot]!
    const wanted = outputs.filter((output) => message.outputs.includes(output.name))
    const fetches = Object.fromEntries(wanted.map((o) => [o.name, tensor(o, memory.outputs[o.name]!, rows)]))
    // One after the other: a run that waits for another would be told as a long one.
    last = last.then(async () => {
      const begin = performance.now()
      try {
        await session.run({ image: tensor(image, memory.input, rows) }, fetches)
        answer({ type: 'done', slot, ms: performance.now() - begin })
      } catch (error) {
        answer({ type: 'failed', slot, error: String(error) })
      }
    })
  })
  const version = ort.env.versions.node ?? ort.env.versions.common
  const createMs = performance.now() - started
  answer({
    type: 'ready',
    provider,
    refused,
    image,
    outputs,
    slots,
    createMs,
    runtime: `onnxruntime-node ${version}`,
  })
} catch (error) {
  answer({ type: 'unusable', error: error instanceof Error ? error.message : String(error) })
  port.close()
}

async function createSession({ model, providers, threads, optimisation }: WorkerInput) {
  const refused: string[] = []
  for (const provider of providers) {
    try {
      const session = await ort.InferenceSession.create(new Uint8Array(model), {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: optimisation,
        logSeverityLevel: 3,
      })
      return { session, provider, refused }
    } catch (error) {
      refused.push(`${provider}: ${(error instanceof Error ? error.message : String(error)).slice(0, 300)}`)
    }
  }
  throw new Error(`no execution provider takes the model (${refused.join('; ')})`)
}

/** Name, datatype and shape, −1 for the batch axis. */
function describe(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorInfo[] {
  return metadata.map((value) => {
    if (!value.isTensor) throw new Error(`"${value.name}" is not a tensor`)
    const datatype = DATATYPE_OF[value.type]
    if (!datatype) throw new Error(`"${value.name}" has the unsupported type ${value.type}`)
    const row = value.shape.slice(1).map((d) => {
      if (typeof d !== 'number' || d < 1)
        throw new Error(`"${value.name}" has no fixed size: [${value.shape}]`)
      return d
    })
    return { name: value.name, datatype, shape: [-1, ...row] }
  })
}

function rowElements(info: TensorInfo): number {
  return info.shape.slice(1).reduce((n, d) => n * d, 1)
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
