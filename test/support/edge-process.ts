import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@detl/core/model/manifest'
import type { LocalSecrets } from '../../cli/src/serve/secrets.ts'
import { within } from './deadline.ts'
import { freePort } from './free-port.ts'
import { SIGNING_KEY } from './gpu-stand-in.ts'

const START_MS = 130_000
const KILL_MS = 10_000
const ADMIN_MS = 30_000
/** So long another program may have the port of a restart before that fails. */
const PORT_TAKEN_MS = 30_000
const PAGE = fileURLToPath(new URL('../../web/dist', import.meta.url))
const MAIN = fileURLToPath(new URL('edge-process-main.ts', import.meta.url))

export type EdgeProcessOptions = {
  manifest: Manifest
  gpuUrl: string
  /** The built page, with the model beside it that the edge runs; by default that of this checkout. */
  pageDir?: string
  vars?: Record<string, string>
}
export const SECRETS: LocalSecrets = {
  signingKey: SIGNING_KEY,
  keyPepper: 'a pepper for tests only',
  adminKey: 'admin-key-of-these-tests',
  demoKey: 'detl_test_demo_of_these_tests',
}

/** The edge in workerd, in processes of its own that can be killed and started again on the same port over the same storage. */
export async function edgeProcess({ manifest, gpuUrl, pageDir = PAGE, vars = {} }: EdgeProcessOptions) {
  const dir = mkdtempSync(join(tmpdir(), 'detl-edge-'))
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest))
  const options = {
    host: '127.0.0.1',
    port: await freePort(),
    gpuUrl,
    modelDir: dir,
    pageDir,
    secrets: SECRETS,
    stateDir: join(dir, 'state'),
    vars,
  }
  let running: { child: ChildProcess; ended: Promise<void> } | undefined
  let log = ''

  async function start() {
    // A process group of its own: workerd is in it, and is killed with it.
    const child = spawn(process.execPath, [MAIN, JSON.stringify(options)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', TMPDIR: dir },
    })
    // Listened for from the start: an end that has passed is not told again.
    const ended = once(child, 'exit').then(() => undefined)
    running = { child, ended }
    const from = log.length
    const printed = () => log.slice(from)
    const ready = new Promise<void>((resolve) => {
      const lines = (chunk: Buffer) => {
        log += chunk
        if (/^ready /m.test(printed())) resolve() // a whole word: an address may be "already in use"
      }
      child.stdout!.on('data', lines)
      child.stderr!.on('data', lines)
    })
    const failed = once(child, 'close').then(() => {
      throw new Error(`the edge ended before it was ready:\n${printed()}`)
    })
    failed.catch(() => undefined) // an end after it was ready is no failure
    await within(START_MS, 'the edge to be ready', Promise.race([ready, failed]), printed)
  }
  /** @param move whether the port may be another one, where a program has it that does not ask for free ones as the tests do */
  async function startOnFreePort({ move }: { move: boolean }) {
    for (const from = Date.now(); ; ) {
      try {
        await start()
        return
      } catch (error) {
        if (!String(error).includes('EADDRINUSE') || Date.now() > from + PORT_TAKEN_MS) throw error
        if (move) options.port = await freePort()
        else await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }
  /** Every process of the group at once, with no chance to tidy up. */
  async function kill() {
    if (!running) return
    const { child, ended } = running
    running = undefined
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // gone by itself
    }
    await within(KILL_MS, `process ${child.pid} to end after SIGKILL`, ended, () => log.slice(-2000))
    await within(KILL_MS, `port ${options.port} to be free`, released(options.port))
  }
  await startOnFreePort({ move: true })
  const url = `http://127.0.0.1:${options.port}`
  return {
    url,
    dir,
    log: () => log,
    /** Of the process group that workerd is in. */
    group: () => running?.child.pid,
    /** Again, after `kill`, on its port. */
    start: () => startOnFreePort({ move: false }),
    kill,
    stop: async () => {
      await kill()
      rmSync(dir, { recursive: true, force: true })
    },
    admin: async <T = unknown>(method: string, path: string, body?: unknown) => {
      const answer = fetch(`${url}/v1/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${SECRETS.adminKey}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }).then(async (response) => ({ ok: response.ok, status: response.status, text: await response.text() }))
      const { ok, status, text } = await within(ADMIN_MS, `${method} ${path}`, answer)
      if (!ok) throw new Error(`${method} ${path}: ${status} ${text}`)
      return JSON.parse(text) as T
    },
  }
}

/** Resolves when nothing listens on a port of this machine any more: killed processes let go of theirs a little later. */
async function released(port: number): Promise<void> {
  for (;;) {
    const listening = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ port, host: '127.0.0.1' })
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('close', () => resolve(false)).setTimeout(1000, () => socket.destroy())
      socket.once('connect', () => socket.destroy())
    })
    if (!listening) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
