import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/support/free-port.ts'
import { startServer } from '../../test/support/gpu-process.ts'
import { modelsFolder } from '../../test/support/model-folder.ts'
import { DETL12, TINY } from '../../test/support/tiny-model.ts'
import { runLoad } from './run-load.ts'

/**
 * What one caller at a time waits for beside the run, of three servers in turn. @param root the models folder @param folder the model in it
 * @returns of each server the median of each round, ms
 */
export async function overheads(root: string, folder: string, rounds: number) {
  const tiny = modelsFolder()
  tiny.add()
  const ours = await startServer(root, { DETL_THREADS: '1' })
  const small = await startServer(tiny.root, { DETL_THREADS: '1' })
  const bare = await startBare(join(folder, 'model.onnx'))
  const ms = { ours: [] as number[], bare: [] as number[], small: [] as number[] }
  try {
    // The first round compiles.
    for (let round = 0; round <= rounds; round++) {
      for (const [name, url, size] of [
        ['bare', bare.url, DETL12.size],
        ['ours', ours.url, DETL12.size],
        ['small', small.url, TINY.size],
      ] as const) {
        const { calls } = await alone(url, size)
        if (round > 0) ms[name].push(median(calls.map((call) => call.ms - call.runMs)))
      }
    }
    return ms
  } finally {
    bare.stop()
    await Promise.all([ours.stop(), small.stop()])
    tiny.remove()
  }
}

async function startBare(model: string) {
  const port = await freePort()
  const script = fileURLToPath(new URL('./bare-server.ts', import.meta.url))
  const child = spawn(process.execPath, [script, model, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill() }
}

const alone = (url: string, size: number) =>
  runLoad({ url, size, calls: 200, outputs: ['probabilities', 'cam'], pace: { concurrency: 1 } })

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
