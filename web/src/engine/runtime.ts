import { collectOutputs, type ModelOutputs } from '@detl/core/model/outputs'
import { INPUT } from '@detl/core/model/tensor-names'
import gpuGlue from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.mjs?url'
import gpuFile from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url'
import wasmGlue from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasmFile from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm'

/** More threads than this gain nothing on a network of this size. */
const MAX_THREADS = 4

export type Provider = 'webgpu' | 'wasm'

export type Runtime = {
  readonly provider: Provider
  /** That share the work of WebAssembly. */
  readonly threads: number
  /** @param tensor UINT8 [1,1,S,S] @param outputs as `outputsOf` names them */
  run(tensor: Uint8Array, size: number, outputs: readonly string[]): Promise<ModelOutputs>
}

/** What this browser would run a model on: the GPU where it offers one to WebAssembly, else its processors. */
export const providerHere = async (): Promise<Provider> => ((await hasGpu()) ? 'webgpu' : 'wasm')

/** ONNX Runtime with the model loaded. A GPU that does not run it is passed over. @param provider as `providerHere` says */
export async function startRuntime(model: Uint8Array, provider: Provider): Promise<Runtime> {
  if (provider === 'webgpu') {
    try {
      return await start(model, 'webgpu')
    } catch (error) {
      console.warn('WebGPU is there but does not run the model; going on without it', error)
    }
  }
  return start(model, 'wasm')
}

async function start(model: Uint8Array, provider: Provider): Promise<Runtime> {
  const ort =
    provider === 'webgpu' ? await import('onnxruntime-web/jspi') : await import('onnxruntime-web/wasm')
  ort.env.wasm.wasmPaths =
    provider === 'webgpu' ? { mjs: gpuGlue, wasm: gpuFile } : { mjs: wasmGlue, wasm: wasmFile }
  // Threads need shared memory, which browsers give to isolated pages only (the headers in _headers).
  ort.env.wasm.numThreads = crossOriginIsolated ? Math.min(MAX_THREADS, navigator.hardwareConcurrency) : 1
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
  })
  const score: Runtime['run'] = (tensor, size, outputs) =>
    run(session, new ort.Tensor('uint8', tensor, [1, 1, size, size]), outputs)
  // Some operations make a session on a GPU and then fail at every run: only a run, of all outputs, proves that the model can be used.
  if (provider === 'webgpu') await tryOut(session, score)
  return { provider, threads: ort.env.wasm.numThreads, run: score }
}

async function tryOut(session: InferenceSession, score: Runtime['run']): Promise<void> {
  const [image] = session.inputMetadata
  const size = image?.isTensor ? Number(image.shape.at(-1)) : 0
  try {
    await score(new Uint8Array(size * size), size, session.outputNames)
  } catch (error) {
    await session.release()
    throw error
  }
}

async function run(session: InferenceSession, image: Tensor, names: readonly string[]) {
  const outputs = await session.run({ [INPUT]: image }, names)
  return collectOutputs(names, (name) => outputs[name]?.data)
}

type Gpu = { requestAdapter(): Promise<{ info?: { isFallbackAdapter?: boolean } } | null> }

/**
 * Whether there is a GPU worth using. The WebGPU build of the runtime waits for it by JavaScript Promise Integration; an adapter that is
 * software is passed over, being several times slower than WebAssembly.
 */
async function hasGpu(): Promise<boolean> {
  if (!('Suspending' in WebAssembly)) return false
  const { gpu } = navigator as { gpu?: Gpu }
  const adapter = await gpu?.requestAdapter().catch(() => undefined)
  return Boolean(adapter) && !adapter?.info?.isFallbackAdapter
}
