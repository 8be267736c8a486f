import { AppError } from '@detl/core/api/problem'
import type { Manifest } from '@detl/core/model/manifest'
import type { Infer } from '../upstream.ts'
import { createSession, type EdgeSession } from './session.ts'

type EdgeInferOptions = {
  readonly manifest: Manifest
  /** The bytes of model.onnx, checked. */
  readonly readModel: () => Promise<Uint8Array>
}

/**
 * The model run here, in the Worker. The session is made at the first call and kept; one image runs at a time, since a Worker has one
 * thread.
 * @throws AppError upstream-unavailable when the model cannot be loaded or run
 */
export function edgeInfer({ manifest, readModel }: EdgeInferOptions): Infer {
  let session: Promise<EdgeSession> | undefined
  let last: Promise<unknown> = Promise.resolve()

  const load = async () => {
    const started = Date.now()
    const made = await createSession(await readModel())
    const heapMiB = Math.round(made.heapBytes() / 2 ** 20)
    console.warn(
      JSON.stringify({ level: 'warn', event: 'edge-model-loaded', heapMiB, ms: Date.now() - started }),
    )
    return made
  }

  return async (tensor) => {
    session ??= load()
    try {
      const ready = await session
      const turn = last.then(() => ready.run(tensor, manifest.preprocess.size))
      last = turn.catch(() => undefined)
      return { ...(await turn), servedBy: 'edge' }
    } catch (cause) {
      session = undefined // the next call tries anew
      if (cause instanceof AppError) throw cause
      throw new AppError('upstream-unavailable', 'the edge cannot run its own model', { cause })
    }
  }
}
