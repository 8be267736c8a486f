import { REGION_PLANES } from '@detl/core/lungs/regions'
import { identityOf } from '@detl/core/model/identity'
import type { Manifest } from '@detl/core/model/manifest'
import type { Precision } from '@detl/core/model/precision'
import { OUTPUTS } from '@detl/core/model/tensor-names'
import { preprocessId } from '@detl/core/preprocess/spec'
import { Batcher, type BatcherOptions } from './batcher.ts'
import { batchSizes } from './choose-batch.ts'
import { openPrecision } from './choose-precision.ts'
import type { ModelBytes } from './model-files.ts'
import { openSession } from './session.ts'
import { type PrecisionChoice, rowBytes, type Session, type SessionOptions } from './session-messages.ts'

export type LoadOptions = SessionOptions & {
  readonly requireGpu: boolean
  /** Which of a model's files is run on a CPU. */
  readonly precision: PrecisionChoice
  /** Absent: 2 ms on a GPU, where a larger batch is nearly free; none on a CPU, where it gains nothing. */
  readonly delayMs: number | undefined
} & Pick<BatcherOptions, 'maxQueueRows' | 'maxWaitMs' | 'join'>

/** One version of a model, warmed up and able to answer. */
export type LoadedModel = {
  readonly name: string
  readonly version: string
  readonly manifest: Manifest
  /** What a caller must state as parameter `preprocess`, for example `cxr-grey@2/128`. */
  readonly preprocess: string
  /** SHA-256 of model.onnx. */
  readonly digest: string
  /** SHA-256 of the file that is run: model.onnx, or its 8-bit file. */
  readonly runs: string
  readonly precision: Precision
  /** Why it is that file; undefined where there was nothing to choose. */
  readonly because: string | undefined
  /** SHA-256 of the manifest's content. */
  readonly manifestDigest: string
  readonly session: Session
  readonly batcher: Batcher
  /** Rows of the largest batch, and so of the largest request. */
  readonly maxRows: number
  /** Milliseconds of each phase of loading, in order. */
  readonly phases: { readonly sessionMs: number; readonly warmUpMs: number }
}

/**
 * Session, checks against the manifest, warm-up at every batch size that will be used.
 * @throws Error when the file is not what its manifest says, or only a CPU is there and a GPU is required
 */
export async function loadModel(
  bytes: ModelBytes,
  options: LoadOptions,
  events: Pick<BatcherOptions, 'onBatch' | 'onDrop'> = {},
): Promise<LoadedModel> {
  const started = performance.now()
  const { manifest, digest } = bytes
  const { session, precision, runs, because } = await openPrecision(bytes, options, openSession)
  try {
    if (options.requireGpu && session.provider === 'cpu')
      throw new Error(
        `a GPU is required, but only the CPU takes the model (${session.refused.join('; ') || 'no other tried'})`,
      )
    checkShapes(session, manifest)
    const sizes = batchSizes(options.maxRows)
    const { maxQueueRows, maxWaitMs, join } = options
    const delayMs = options.delayMs ?? (session.provider === 'cpu' ? 0 : 2)
    const batcher = new Batcher(session, { ...events, sizes, delayMs, maxQueueRows, maxWaitMs, join })
    const warm = performance.now()
    await warmUp(session, batcher, sizes)
    const phases = { sessionMs: warm - started, warmUpMs: performance.now() - warm }
    const { name, version } = manifest
    const preprocess = preprocessId(manifest.preprocess)
    const manifestDigest = (await identityOf(manifest)).manifest
    const { maxRows } = options
    const files = { digest, runs, precision, because, manifestDigest }
    return { name, version, manifest, preprocess, ...files, session, batcher, maxRows, phases }
  } catch (error) {
    await session.close()
    throw error
  }
}

function checkShapes(session: Session, manifest: Manifest): void {
  const { input, cam, labels } = manifest
  if (session.image.shape.join() !== input.shape.join())
    throw new Error(`model.onnx takes [${session.image.shape}], manifest.json says [${input.shape}]`)
  if (input.shape[2] !== manifest.preprocess.size || input.shape[3] !== manifest.preprocess.size)
    throw new Error(
      `manifest.json: input [${input.shape}] and preprocess.size ${manifest.preprocess.size} differ`,
    )
  const expected = {
    [OUTPUTS.probabilities]: [-1, labels.length],
    [OUTPUTS.cam]: [-1, labels.length, cam.height, cam.width],
    ...(manifest.outOfDistribution && { [OUTPUTS.oodScore]: [-1] }),
    ...(manifest.regions && {
      [OUTPUTS.regions]: [-1, REGION_PLANES.length, manifest.regions.height, manifest.regions.width],
    }),
  }
  for (const [name, shape] of Object.entries(expected)) {
    const output = session.outputs.find((o) => o.name === name)
    if (output?.shape.join() !== shape.join())
      throw new Error(`model.onnx gives "${name}" as [${output?.shape}], manifest.json says [${shape}]`)
  }
}

/** The first run of a size allocates and, on a GPU, searches its kernels; the second tells the pace. */
async function warmUp(session: Session, batcher: Batcher, sizes: readonly number[]): Promise<void> {
  const outputs = session.outputs.map((output) => output.name)
  for (const rows of sizes) {
    const inputs = [new Uint8Array(rows * rowBytes(session.image))]
    // On a CPU a first run costs what every run does, but for pages that are touched: one is enough, and a start is faster.
    const runs = session.provider === 'cpu' ? 1 : 2
    for (let run = 0; run < runs; run++) {
      const { runMs } = await session.run({ inputs, rows, outputs })
      if (run === runs - 1) batcher.estimate.observe(rows, runMs)
    }
  }
}
