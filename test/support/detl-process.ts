import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const DETL = fileURLToPath(new URL('../../cli/bin/detl.mjs', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type DetlProcess = {
  readonly pid: number
  /** All that was printed so far. */
  output: () => string
  /** Waits until a line matches and gives the match. */
  line: (pattern: RegExp) => Promise<RegExpExecArray>
  /** Sends the signal and waits for the end; gives the exit code. */
  stop: (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => Promise<number | null>
  exit: Promise<number | null>
}

/** Runs `detl …` as a user would, from the root of the checkout. */
export function detl(args: readonly string[], env: Record<string, string> = {}): DetlProcess {
  const child = spawn(process.execPath, [DETL, ...args], { cwd: ROOT, env: { ...process.env, ...env } })
  let text = ''
  const listeners = new Set<() => void>()
  const add = (chunk: Buffer) => {
    text += chunk
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  return {
    pid: child.pid!,
    output: () => text,
    exit,
    stop: (signal) => {
      child.kill(signal)
      return exit
    },
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text)
          if (!match) return
          listeners.delete(look)
          resolve(match)
        }
        listeners.add(look)
        look()
        void exit.then((code) => reject(new Error(`detl ${args.join(' ')} ended (exit ${code}):\n${text}`)))
      }),
  }
}
