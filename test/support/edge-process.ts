import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@detl/core/model/manifest'
import type { LocalSecrets } from '../../cli/src/serve/secrets.ts'
import { SIGNING_KEY } from './gpu-stand-in.ts'

const START_MS = 60_000
const MAIN = fileURLToPath(new URL('edge-process-main.ts', import.meta.url))

export type EdgeProcessOptions = {
  manifest: Manifest
  gpuUrl: string
  port: number
  vars?: Record<string, string>
}
export const SECRETS: LocalSecrets = {
  signingKey: SIGNING_KEY,
  keyPepper: 'a pepper for tests only',
  adminKey: 'admin-key-of-these-tests',
  demoKey: 'detl_test_demo_of_these_tests',
}

/** The edge in workerd, in processes of its own that can be killed and started again over the same storage. */
export async function edgeProcess({ manifest, gpuUrl, port, vars = {} }: EdgeProcessOptions) {
  const dir = mkdtempSync(join(tmpdir(), 'detl-edge-'))
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest))
  const options = {
    host: '127.0.0.1',
    port,
    gpuUrl,
    modelDir: dir,
    secrets: SECRETS,
    stateDir: join(dir, 'state'),
    vars,
  }
  let child: ReturnType<typeof spawn> | undefined
  let log = ''

  async function start() {
    // A process group of its own: workerd is in it, and is killed with it.
    child = spawn(process.execPath, [MAIN, JSON.stringify(options)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    })
    const lines = (chunk: Buffer) => {
      log += chunk
    }
    child.stdout!.on('data', lines)
    child.stderr!.on('data', lines)
    const from = log.length
    const ended = once(child, 'exit').then(() => 'ended' as const)
    const deadline = Date.now() + START_MS
    while (!log.slice(from).includes('ready ')) {
      if (Date.now() > deadline)
        throw new Error(`the edge did not start within ${START_MS} ms:\n${log.slice(from)}`)
      const state = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 25))])
      if (state === 'ended') throw new Error(`the edge ended:\n${log.slice(from)}`)
    }
  }
  /** Every process of the group at once, with no chance to tidy up. */
  async function kill() {
    if (!child?.pid) return
    const exit = once(child, 'exit')
    process.kill(-child.pid, 'SIGKILL')
    child = undefined
    await exit
  }
  await start()
  return {
    url: `http://127.0.0.1:${port}`,
    dir,
    log: () => log,
    /** Of the process group that workerd is in. */
    group: () => child?.pid,
    start,
    kill,
    stop: async () => {
      await kill()
      rmSync(dir, { recursive: true, force: true })
    },
    admin: async <T = unknown>(method: string, path: string, body?: unknown) => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${SECRETS.adminKey}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
      return response.json() as Promise<T>
    },
  }
}
