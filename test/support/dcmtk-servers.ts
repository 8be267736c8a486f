import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freePort } from './free-port.ts'

const WAIT = { interval: 100 }

/** DCMTK's tools that listen, until they are stopped; what they receive lies below `dir`. */
export function dcmtkServers(dir: string) {
  const children: ChildProcess[] = []

  /** Resolves when it listens. */
  async function serve(tool: string, args: string[], port: number): Promise<void> {
    children.push(spawn(tool, args, { stdio: 'ignore' }))
    const listens = async () => {
      const socket = connect(port, '127.0.0.1')
      return once(socket, 'connect').then(
        () => socket.destroy() && true,
        () => false,
      )
    }
    await expect.poll(listens, WAIT).toBe(true)
  }

  return {
    serve,
    /** A receiver, AE title PACS, that keeps the bytes as they come in a folder of its own. */
    storescp: async (args: string[] = []) => {
      const port = await freePort()
      const out = join(dir, `received-${port}`)
      mkdirSync(out)
      await serve('storescp', ['+B', '-od', out, '-aet', 'PACS', ...args, String(port)], port)
      return { port, files: () => readdirSync(out).map((name) => join(out, name)) }
    },
    stop: async () => {
      for (const child of children.splice(0)) {
        const exit = once(child, 'exit')
        child.kill('SIGKILL')
        await exit
      }
    },
  }
}
