import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import * as tf from '@tensorflow/tfjs-core'
import { BACKENDS, type BackendChoice, type BackendName } from './names.ts'

export type BackendOptions = {
  /** Take this one or fail; without it the first of BACKENDS that starts. */
  only?: BackendName
  /** Leave these out. */
  without?: readonly BackendName[]
}

let inUse: { asked: string; choice: BackendChoice } | undefined

/**
 * Starts the fastest backend that this machine has, before any tensor is made. Asked for the same again, it goes on with
 * the one in use: kernels can be registered only once.
 */
export async function selectBackend(options: BackendOptions = {}): Promise<BackendChoice> {
  const asked = JSON.stringify(options)
  if (inUse?.asked !== asked) inUse = { asked, choice: await startFirst(options) }
  return inUse.choice
}

/** These start where they are asked for, and only there. */
const ONLY_BY_NAME: Partial<Record<BackendName, string>> = {
  webgpu: 'taken only by --backend webgpu: its speed on a GPU is not measured',
}

async function startFirst(options: BackendOptions): Promise<BackendChoice> {
  const passedOver: BackendChoice['passedOver'] = []
  for (const name of options.only ? [options.only] : BACKENDS) {
    const reason = options.without?.includes(name)
      ? 'left out by option'
      : options.only
        ? undefined
        : ONLY_BY_NAME[name]
    if (reason) {
      passedOver.push({ name, reason })
      continue
    }
    try {
      return { name, ...(await starters[name]()), passedOver }
    } catch (error) {
      if (options.only) throw new Error(`backend ${name} does not start`, { cause: error })
      passedOver.push({ name, reason: (error as Error).message.split('\n')[0]! })
    }
  }
  throw new Error(`no backend starts: ${passedOver.map((p) => `${p.name}: ${p.reason}`).join('; ')}`)
}

type Started = { device: string; detail: string }
const cpuName = (): string => `CPU, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`

const starters: Record<BackendName, () => Promise<Started>> = {
  'tfjs-node-gpu': () => startNative('@tensorflow/tfjs-node-gpu'),
  'tfjs-node': () => startNative('@tensorflow/tfjs-node'),
  webgpu: async () => {
    const { startWebGpu } = await import('./webgpu.ts')
    return startWebGpu()
  },
  onednn: async () => {
    const { DerivedBackend } = await import('./derived.ts')
    const { addTrainingKernels } = await import('./wasm-kernels.ts')
    const { addOneDnnKernels } = await import('./onednn.ts')
    const derived = new DerivedBackend('detl-onednn')
    addTrainingKernels(derived)
    const version = addOneDnnKernels(derived)
    derived.register()
    await start('detl-onednn')
    return { device: cpuName(), detail: `tfjs-backend-wasm with oneDNN ${version} kernels` }
  },
  wasm: async () => {
    const { DerivedBackend } = await import('./derived.ts')
    const { addTrainingKernels } = await import('./wasm-kernels.ts')
    const derived = new DerivedBackend('detl-wasm')
    addTrainingKernels(derived)
    derived.register()
    await start('detl-wasm')
    return { device: 'CPU, 1 thread', detail: 'tfjs-backend-wasm with composed training kernels' }
  },
  cpu: async () => {
    await import('@tensorflow/tfjs-backend-cpu')
    await start('cpu')
    return { device: 'CPU, 1 thread', detail: 'tfjs-backend-cpu, pure JavaScript' }
  },
}

async function start(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`tfjs could not start ${name}`)
  await tf.ready()
}

/** tfjs-node and tfjs-node-gpu are optional peers: their install fetches libtensorflow, which not every site permits. */
async function startNative(packageName: string): Promise<Started> {
  const { createRequire } = await import('node:module')
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (v: unknown) => v === null || v === undefined // gone in Node 23; tfjs-node 4.22 calls it
  const version = await import(packageName).then((m: { version?: Record<string, string> }) => m.version)
  await start('tensorflow')
  const gpu = packageName.endsWith('-gpu') ? nvidiaDevices() : []
  return {
    device: gpu.length > 0 ? `GPU, ${gpu.join(', ')}` : cpuName(),
    detail: `${packageName} ${version?.['tfjs-node'] ?? version?.tfjs ?? ''}`,
  }
}

/** /dev/nvidia0 …: what CUDA needs to see. Their absence is certain proof of CPU; their presence is what we can tell. */
function nvidiaDevices(): string[] {
  try {
    return readdirSync('/dev').filter((f) => /^nvidia\d+$/.test(f))
  } catch {
    return [] // no /dev on this system
  }
}
