import { collectOutputs, type ModelOutputs } from '@detl/core/model/outputs'
import { INPUT } from '@detl/core/model/tensor-names'
import type { InferenceSession, Tensor } from 'onnxruntime-web/wasm'

/** Of the runtime, which is instantiated once and serves every session. */
let memory: WebAssembly.Memory | undefined

/** The header of an empty module: what ONNX Runtime is given as its WebAssembly, and by which its call is known. */
const SENTINEL = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

export type EdgeSession = {
  /** @param tensor UINT8 [1,1,S,S] @param outputs as `outputsOf` names them */
  run(tensor: Uint8Array, size: number, outputs: readonly string[]): Promise<ModelOutputs>
  /** Size of the runtime's memory, which holds the weights and never shrinks. */
  heapBytes(): number
  /** Frees the weights within the runtime's memory. */
  release(): Promise<void>
}

/**
 * ONNX Runtime in workerd, which compiles no WebAssembly at run time: the module that was compiled with the Worker is handed over where
 * the runtime would compile its own. Runtime and module are loaded at the first call: a Worker that never falls back does not pay for them.
 * @param model the file that WebAssembly runs: 2 to 6 MB for the shipped models
 */
export async function createSession(model: Uint8Array): Promise<EdgeSession> {
  const [ort, { default: compiled }] = await Promise.all([
    import('onnxruntime-web/wasm'),
    import('onnxruntime-web/ort-wasm-simd-threaded.wasm'),
  ])
  ort.env.wasm.wasmBinary = SENTINEL
  ort.env.wasm.numThreads = 1 // Workers have no threads
  ort.env.wasm.proxy = false
  const session = await handingOver(
    compiled,
    (used) => {
      memory = used
    },
    () => ort.InferenceSession.create(model, { executionProviders: ['wasm'], enableCpuMemArena: false }),
  )
  return {
    run: (tensor, size, outputs) =>
      run(session, new ort.Tensor('uint8', tensor, [1, 1, size, size]), outputs),
    heapBytes: () => memory?.buffer.byteLength ?? 0,
    release: () => session.release(),
  }
}

async function run(session: InferenceSession, image: Tensor, names: readonly string[]) {
  const outputs = await session.run({ [INPUT]: image }, names)
  return collectOutputs(names, (name) => outputs[name]?.data)
}

type Instantiate = (
  source: BufferSource | WebAssembly.Module,
  imports?: WebAssembly.Imports,
) => Promise<unknown>

/** Runs `start` while WebAssembly.instantiate answers the sentinel with `compiled`; every other call goes through as it was. */
async function handingOver<T>(
  compiled: WebAssembly.Module,
  withMemory: (memory: WebAssembly.Memory | undefined) => void,
  start: () => Promise<T>,
): Promise<T> {
  const owner = WebAssembly as unknown as { instantiate: Instantiate }
  const original = owner.instantiate
  owner.instantiate = async (source, imports) => {
    if (source instanceof WebAssembly.Module || source.byteLength !== SENTINEL.length) {
      return original.call(WebAssembly, source, imports)
    }
    const parts = Object.values(imports ?? {}).flatMap((module) => Object.values(module))
    withMemory(parts.find((part) => part instanceof WebAssembly.Memory))
    return { module: compiled, instance: new WebAssembly.Instance(compiled, imports) }
  }
  try {
    return await start()
  } finally {
    owner.instantiate = original
  }
}
