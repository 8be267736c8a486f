import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EdgeWorkersOptions } from './edge-workers.ts'
import { startFrontDoor } from './front-door.ts'
import { keepRunning, type Part } from './keep-running.ts'

const MAIN = fileURLToPath(new URL('edge-main.ts', import.meta.url))

export type EdgeOptions = EdgeWorkersOptions & { readonly host: string; readonly port: number }

/**
 * The edge on an address of this machine: its Workers in a process of their own, which is started again should one of them die, behind a
 * door that passes on nothing but the edge.
 */
export async function startEdge({ host, port, ...options }: EdgeOptions) {
  let workers: Awaited<ReturnType<typeof keepRunning<EdgeProcess>>> | undefined
  const door = await startFrontDoor({ host, port }, () => workers?.current()?.port)
  try {
    workers = await keepRunning('The edge', () => startProcess(options))
  } catch (error) {
    await door.stop()
    throw error
  }
  const { stop } = workers
  return {
    url: door.url,
    stop: async () => {
      await door.stop()
      await stop()
    },
  }
}

type EdgeProcess = Part & { readonly port: number }

/** What `edge-main.ts` says first: where it listens, or why it cannot. */
export type FirstWord = { readonly port: number } | { readonly error: string }

async function startProcess(options: EdgeWorkersOptions): Promise<EdgeProcess> {
  const child = fork(MAIN, { stdio: ['ignore', 2, 2, 'ipc'] })
  const ended = once(child, 'exit').then(([code, signal]) => signal ?? `exit ${code}`)
  child.send(options) // not as arguments, which everybody on this machine can read
  const first = await Promise.race([once(child, 'message').then(([word]) => word as FirstWord), ended])
  if (typeof first === 'string')
    throw new Error(`the edge ended before it was ready (${first}); its message is above`)
  if ('error' in first) {
    await ended
    throw new Error(first.error)
  }
  return {
    port: first.port,
    ended,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
