import { AppError } from '@detl/core/api/problem'
import { adapterText } from '../adapter.ts'
import { json, type Route } from '../call.ts'
import type { Models } from '../models.ts'
import type { ServerState } from '../observe.ts'
import { type BodyDeps, readSignedBody } from '../signed.ts'

type ModelsDeps = { readonly models: Models }

export const SERVER = { name: 'detl-gpu-function', version: '0.1.0' } as const

/** `$metadata_server_response` */
export const serverMetadata = (): Route => () =>
  json({ ...SERVER, extensions: ['binary_tensor_data', 'model_repository', 'parameters'] })

/** `$metadata_model_response`; what a caller of this model must know besides stands under `parameters`. */
export const modelMetadata =
  ({ models }: ModelsDeps): Route =>
  (_, { name, version: asked }) => {
    const model = models.choose(name, { version: asked, id: '' })
    const { session, preprocess, digest, runs, precision, version, maxRows, manifest } = model
    return json({
      name: model.name,
      versions: models.versions(name),
      platform: 'onnx_onnxv1',
      inputs: [session.image],
      outputs: session.outputs,
      parameters: {
        version,
        preprocess,
        sha256: digest,
        precision,
        runs_sha256: runs,
        manifest_sha256: model.manifestDigest,
        provider: session.provider,
        adapter: adapterText(session.adapter),
        software_adapter: session.adapter.software,
        runtime: session.runtime,
        max_batch_size: maxRows,
        labels: manifest.labels.join(','),
      },
    })
  }

/** `$ready_model_response`: what is listed has been warmed up. */
export const modelReady =
  ({ models }: ModelsDeps): Route =>
  (_, params) => {
    const { name } = models.choose(params.name, { version: params.version, id: '' })
    return json({ name, ready: true })
  }

export const live = (): Route => () => json({ live: true })

/** `$ready_server_response` calls its field `live`, the text and other servers `ready`: both are there. */
export const ready =
  ({ models, state }: ModelsDeps & { state: ServerState }): Route =>
  () => {
    const is = models.ready && !state.draining
    return json({ live: true, ready: is }, is ? 200 : 503)
  }

/** For hosts that ask for it (RunPod): 200 ready, 204 still starting, 503 going away. */
export const ping =
  ({ models, state }: ModelsDeps & { state: ServerState }): Route =>
  () => ({ status: state.draining ? 503 : models.ready ? 200 : 204, headers: {}, body: '' })

/** Triton's model repository extension: index, load, unload. */
export const repositoryIndex =
  (deps: ModelsDeps & BodyDeps): Route =>
  async (call) => {
    await readSignedBody(call, deps)
    return json(deps.models.index())
  }

export const repositoryChange =
  (deps: ModelsDeps & BodyDeps, change: 'load' | 'unload'): Route =>
  async (call, { name }) => {
    const body = await readSignedBody(call, deps)
    // Load parameters could replace the configuration or the files: refused rather than ignored.
    if (body.length > 0 && !/^\s*\{\s*\}\s*$/.test(new TextDecoder().decode(body)))
      throw new AppError('request-invalid', 'load and unload take no parameters')
    await deps.models[change](name)
    return json({})
  }
