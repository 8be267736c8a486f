import { AppError } from '@detl/core/api/problem'
import type { Manifest } from '@detl/core/model/manifest'
import { webAssemblyFile } from '@detl/core/model/model-file'
import { outputsOf } from '@detl/core/model/outputs'
import type { RunOf } from '../infer/runner.ts'
import type { EdgeDescription, EdgeRun } from '../infer/worker.ts'
import type { Infer } from '../upstream.ts'

/** The Worker that runs the model (`infer/worker.ts`), as its service binding gives it. */
export type InferService = {
  run(tensor: Uint8Array, of: RunOf): Promise<EdgeRun>
  /** Which model it has; with R2, whether it has this one. */
  describe(sha256: string): Promise<EdgeDescription>
}

/**
 * The model run at the edge, in the Worker `detl-infer`.
 * @param service absent in a deployment that has none
 * @throws AppError upstream-unavailable when there is none, or it cannot load or run the manifest's model
 */
export function edgeInfer(manifest: Manifest, service: Pick<InferService, 'run'> | undefined): Infer {
  const { size } = manifest.preprocess
  const outputs = outputsOf(manifest)
  return async (tensor) => {
    const run = await attempt(() => {
      if (!service) return undefined
      const { name: file, sha256 } = webAssemblyFile(manifest)
      return service.run(tensor, { sha256, file, size, outputs })
    })
    if (!run.ok) throw new AppError('upstream-unavailable', run.detail)
    const { ok: _, ...given } = run
    const { precision } = webAssemblyFile(manifest)
    return { ...given, servedBy: 'edge', computedOn: { provider: 'wasm', adapter: 'workerd', precision } }
  }
}

async function attempt(call: () => Promise<EdgeRun> | undefined): Promise<EdgeRun> {
  try {
    return (await call()) ?? { ok: false, detail: 'this deployment has no model at the edge' }
  } catch (cause) {
    // The Worker is not there, or was ended in the middle, as one that outgrows its memory is.
    throw new AppError('upstream-unavailable', 'the edge cannot run its own model', { cause })
  }
}
