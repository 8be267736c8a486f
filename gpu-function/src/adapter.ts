import { execFile } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Adapter, Provider } from './session-messages.ts'

const run = promisify(execFile)
const WITHIN_MS = 20_000
/** Beside this file: as a source, or bundled for a container (deploy/gpu-function/bundle.ts). */
const PROBE = new URL(`./adapter-probe${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

/**
 * What a provider computes on. Each GPU is asked by a tool of its own kind, in a process of its own: ONNX Runtime does not tell.
 * @throws Error that says why it could not be named
 */
export async function describeAdapter(provider: Provider): Promise<Adapter> {
  if (provider === 'cpu') {
    const device = cpus()[0]?.model.trim() ?? 'unknown'
    return { vendor: '', device, driver: '', software: true }
  }
  return provider === 'webgpu' ? webGpuAdapter() : nvidiaAdapter()
}

/** One line for people: `nvidia ada-lovelace l4 (driver …)`, `google swiftshader (…), software`. */
export const adapterText = ({ vendor, device, driver, software }: Adapter): string => {
  const name = [vendor, device].filter(Boolean).join(' ')
  return `${name}${driver && ` (${driver})`}${software && vendor ? ', software' : ''}`
}

/** By Dawn, the library that ONNX Runtime's provider rests on, asked as that asks: for the fastest adapter. */
async function webGpuAdapter(): Promise<Adapter> {
  const { stdout } = await run(process.execPath, [fileURLToPath(PROBE)], { timeout: WITHIN_MS })
  return JSON.parse(stdout) as Adapter
}

async function nvidiaAdapter(): Promise<Adapter> {
  const fields = ['--query-gpu=name,driver_version', '--format=csv,noheader', '--id=0']
  const { stdout } = await run('nvidia-smi', fields, { timeout: WITHIN_MS })
  const [device = '', driver = ''] = stdout
    .split('\n')[0]!
    .split(',')
    .map((field) => field.trim())
  return { vendor: 'nvidia', device, driver, software: false }
}
