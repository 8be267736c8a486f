import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The system's interpreter: Debian's python3-torch belongs to it, whatever else is first on the path. */
const PYTHON = '/usr/bin/python3'

/** @returns a PyTorch process to measure, or undefined where python3-torch is not installed */
export function openTorch(size: number, threads: number) {
  if (spawnSync(PYTHON, ['-c', 'import torch']).status !== 0) return undefined
  const script = fileURLToPath(new URL('./reference.py', import.meta.url))
  const child = spawn(PYTHON, [script, String(size), String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  return {
    /** @returns ms of each run */
    async runs(mode: 'scores' | 'cam', batch: number, count: number): Promise<number[]> {
      const line = once(lines, 'line') as Promise<[string]>
      child.stdin.write(`${mode} ${batch} ${count}\n`)
      return JSON.parse((await line)[0]) as number[]
    },
    async close(): Promise<void> {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
