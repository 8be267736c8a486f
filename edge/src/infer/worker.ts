import { WorkerEntrypoint } from 'cloudflare:workers'
import { describeModel, ModelError, type ModelSource, readModel } from './model.ts'
import { type Run, type RunOf, runner } from './runner.ts'
import { createSession } from './session.ts'

/** What the edge gets over its service binding: an error's class would be lost on the way. */
export type EdgeRun =
  | ({ readonly ok: true } & Awaited<ReturnType<Run>>)
  | { readonly ok: false; readonly detail: string }

/** The manifest.json beside the model, as text; null where the model lies in a bucket, which has none. */
export type EdgeDescription =
  | { readonly ok: true; readonly manifest: string | null }
  | { readonly ok: false; readonly detail: string }

let run: Run | undefined

/**
 * The model run in a Worker of its own, so that ONNX Runtime's memory lies beside no image and no codec. It has no address: only the edge
 * calls it, over a service binding (wrangler.infer.toml).
 */
export default class InferWorker extends WorkerEntrypoint<ModelSource> {
  /** @param tensor UINT8 [1,1,S,S] */
  async run(tensor: Uint8Array, of: RunOf): Promise<EdgeRun> {
    run ??= runner({ readModel: (file) => readModel(this.env, file), createSession })
    try {
      const ran = run(tensor, of)
      this.ctx.waitUntil(ran.catch(() => undefined)) // a model that is loading goes on to, should this caller go away
      return { ok: true, ...(await ran) }
    } catch (error) {
      console.error(JSON.stringify({ level: 'error', event: 'edge-run-failed', error: String(error) }))
      const detail = error instanceof ModelError ? error.message : 'the edge cannot run its own model'
      return { ok: false, detail }
    }
  }

  /** Which model this Worker would run, without loading it. @param sha256 of the file that is asked for */
  async describe(sha256: string): Promise<EdgeDescription> {
    try {
      return { ok: true, manifest: await describeModel(this.env, sha256) }
    } catch (error) {
      return { ok: false, detail: String(error) }
    }
  }
}
