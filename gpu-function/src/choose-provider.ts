import type { Datatype } from '@detl/core/wire/tensor'
import ort from 'onnxruntime-node'
import { adapterText, describeAdapter } from './adapter.ts'
import type { Provider, TensorInfo, WorkerInput } from './session-messages.ts'
import { fillPicture, testRun } from './test-run.ts'

const DATATYPE_OF: Partial<Record<ort.Tensor.Type, Datatype>> = {
  uint8: 'UINT8',
  float32: 'FP32',
  float64: 'FP64',
  int32: 'INT32',
  int64: 'INT64',
}
/**
 * A session on the first provider that runs the model, and why those before it were passed over.
 * @throws Error when none does
 */
export async function createSession(given: WorkerInput) {
  const refused: string[] = []
  for (const provider of given.providers) {
    try {
      return { ...(await tryProvider(provider, given)), provider, refused }
    } catch (error) {
      refused.push(`${provider}: ${(error instanceof Error ? error.message : String(error)).slice(0, 300)}`)
    }
  }
  throw new Error(`no execution provider takes the model (${refused.join('; ')})`)
}

/** A session that has shown that it runs the model. @throws Error why the provider is passed over */
async function tryProvider(provider: Provider, given: WorkerInput) {
  // Where there is no driver, making a session prints warnings of its own: WebGPU's adapter is asked for first.
  const named = provider === 'webgpu' ? await describeAdapter(provider) : undefined
  const session = await openOn(provider, given)
  try {
    const adapter = named ?? (await describeAdapter(provider))
    if (provider === 'cpu') return { session, adapter }
    if (adapter.software && !given.software)
      throw new Error(
        `its adapter is software, slower than the CPU provider (${adapterText(adapter)}); --allow-software accepts it`,
      )
    const onCpu = await openOn('cpu', given)
    try {
      await testRun(session, onCpu, pictures(imageOf(session)), given.maxRows)
    } finally {
      await onCpu.release()
    }
    return { session, adapter }
  } catch (error) {
    await session.release()
    throw error
  }
}

const openOn = (provider: Provider, { model, threads, optimisation }: WorkerInput) =>
  ort.InferenceSession.create(new Uint8Array(model), {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimisation,
    logSeverityLevel: 4,
  })

/** @throws Error when the model's input is another than UINT8 `image` */
export function imageOf(session: ort.InferenceSession): TensorInfo {
  const image = describe(session.inputMetadata)[0]
  if (!image || session.inputMetadata.length !== 1 || image.datatype !== 'UINT8' || image.name !== 'image')
    throw new Error('the model does not have the one input UINT8 "image"')
  return image
}

/** Inputs of a test run. */
export const pictures = (image: TensorInfo) => (rows: number) => {
  const row = rowElements(image)
  const data = fillPicture(new Uint8Array(rows * row), row)
  return new ort.Tensor('uint8', data, [rows, ...image.shape.slice(1)])
}

/** Name, datatype and shape, −1 for the batch axis. */
export function describe(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorInfo[] {
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

export function rowElements(info: TensorInfo): number {
  return info.shape.slice(1).reduce((n, d) => n * d, 1)
}
