import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Part } from './keep-running.ts'

const MAIN = fileURLToPath(import.meta.resolve('@detl/gpu-function/main'))
const READY_WITHIN_MS = 60_000
const POLL_MS = 50

/** The GPU function as a process of its own, as it runs in production; resolves when it is ready to infer. @see keepRunning */
export async function startGpu(options: {
  host: string
  port: number
  modelsDir: string
  signingKey: string
}): Promise<Part & { readonly url: string }> {
  const { host, port } = options
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 2, 2, 'ipc'], // its log beside ours on stderr; when this process is gone, however, the channel closes and it ends
    env: {
      LOG_LEVEL: 'warn',
      ...process.env,
      HOST: host,
      PORT: String(port),
      MODELS_DIR: options.modelsDir,
      DETL_SIGNING_KEYS: options.signingKey,
    },
  })
  const exited = once(child, 'exit')
  const url = `http://${host}:${port}`
  await ready(`${url}/v2/health/ready`, exited)
  return {
    url,
    ended: exited.then(([code, signal]) => String(signal ?? `exit ${code}`)),
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function ready(url: string, exited: Promise<unknown[]>) {
  let ended: unknown[] | undefined
  void exited.then((reason) => {
    ended = reason
  })
  for (const deadline = performance.now() + READY_WITHIN_MS; performance.now() < deadline; ) {
    if (ended)
      throw new Error(`the GPU function ended before it was ready (exit ${ended[0]}); its message is above`)
    const response = await fetch(url).catch(() => undefined) // not listening yet
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new Error(`the GPU function was not ready within ${READY_WITHIN_MS / 1000} s`)
}
