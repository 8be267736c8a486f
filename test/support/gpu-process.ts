import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'
import { KEYS_TEXT } from './gpu-client.ts'

/** The GPU function as it is deployed: a process of its own. */
const MAIN = fileURLToPath(import.meta.resolve('@detl/gpu-function/main'))

/** @param main the source, or a bundle of it */
export async function startServer(modelsDir: string, env: Record<string, string> = {}, main = MAIN) {
  const port = Number(env.PORT ?? (await freePort()))
  const begin = performance.now()
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      LOG_LEVEL: 'fatal',
      PORT: String(port),
      MODELS_DIR: modelsDir,
      DETL_SIGNING_KEYS: KEYS_TEXT,
      DETL_PROVIDER: 'cpu',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`the GPU function ended with code ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { url, port, child, readyMs: performance.now() - begin, stop: () => stop(child) }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/v2/health/ready`).then(
    (response) => response.ok,
    () => false,
  )
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}
