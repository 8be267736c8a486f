/**
 * The GPU function against a bare onnxruntime-node loop: the paper's network at S = 128 (5.0 M parameters, some 580 M multiply-adds a row) with
 * random weights, scores and the maps of all four classes. Server, load generator and loop are processes or threads of their own; one
 * thread runs the network, so that on a machine of two cores the sockets have the other.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSession, type Session } from '../gpu-function/src/session.ts'
import { startServer } from '../test/support/gpu-process.ts'
import { modelsFolder } from '../test/support/model-folder.ts'
import { DETL12 } from '../test/support/tiny-model.ts'
import { runLoad } from './gpu/run-load.ts'
import type { Figure } from './run.ts'

const SIZE = DETL12.size
const OUTPUTS = ['probabilities', 'cam']
const ROUNDS = 5
const COLD_STARTS = 5

export default async function gpuBench(): Promise<Record<string, Figure>> {
  const models = modelsFolder()
  try {
    const folder = models.add({ network: DETL12 })
    const bare = await openBare(join(folder, 'model.onnx'))
    const coldMs: number[] = []
    for (let i = 0; i < COLD_STARTS; i++) {
      const server = await startServer(models.root, { DETL_THREADS: '1' })
      coldMs.push(server.readyMs)
      await server.stop()
    }
    const joined = await throughput(bare, models.root, 16, 'always')
    const auto = await throughput(bare, models.root, 1, 'auto')
    const paced = await latency(bare, models.root)
    await bare.close()
    return {
      'gpu.server_throughput': figure(
        joined,
        '×',
        'bare onnxruntime-node loop, batch 16, 1 thread (higher is better)',
      ),
      'gpu.server_throughput_auto': figure(
        auto,
        '×',
        'bare loop, batch 1, 1 thread; batches as the server chooses (higher is better)',
      ),
      'gpu.overhead_ms': figure(paced.overheadMs, 'ms', 'session.run of the same call; one caller, p50'),
      'gpu.p99_at_70_percent': figure(
        paced.p99,
        '×',
        'p99 of a bare run; Poisson arrivals at 70 % of the bare pace',
      ),
      'gpu.cold_start_ms': figure(
        coldMs,
        'ms',
        'process start to ready, 20 MB model, 5 batch sizes warmed up',
      ),
    }
  } finally {
    models.remove()
  }
}

/** Rows a second of the saturated server ÷ rows a second of the bare loop, loop and server in turn. */
async function throughput(bare: Session, root: string, rows: number, join: string): Promise<number[]> {
  const server = await startServer(root, {
    DETL_THREADS: '1',
    DETL_BATCH_JOIN: join,
    DETL_MAX_WAIT_MS: '600000',
  })
  const ratios: number[] = []
  try {
    const calls = 192
    const served = async () => {
      const result = await runLoad({
        url: server.url,
        size: SIZE,
        calls,
        outputs: OUTPUTS,
        pace: { concurrency: 48 },
      })
      const failed = result.calls.filter((call) => call.status !== 200)
      if (failed.length > 0) throw new Error(`${failed.length} calls failed with ${failed[0]?.status}`)
      return calls / result.seconds
    }
    for (let round = 0; round < ROUNDS; round++) {
      const before = await barePace(bare, rows, calls / 2)
      const pace = await served()
      // The loop before and after: what the machine did meanwhile falls on both.
      const after = await barePace(bare, rows, calls / 2)
      ratios.push(pace / Math.sqrt(before * after))
    }
    return ratios
  } finally {
    await server.stop()
  }
}

async function latency(bare: Session, root: string): Promise<{ overheadMs: number[]; p99: number[] }> {
  const server = await startServer(root, { DETL_THREADS: '1' })
  const overheadMs: number[] = []
  const p99: number[] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const alone = await runLoad({
        url: server.url,
        size: SIZE,
        calls: 60,
        outputs: OUTPUTS,
        pace: { concurrency: 1 },
      })
      overheadMs.push(median(alone.calls.map((call) => call.ms - call.runMs)))
      const runs = await bareRuns(bare, 1, 200)
      const perSecond = (0.7 * 1000) / median(runs)
      const load = await runLoad({
        url: server.url,
        size: SIZE,
        calls: 300,
        outputs: OUTPUTS,
        pace: { perSecond },
      })
      p99.push(
        quantile(
          load.calls.map((call) => call.ms),
          0.99,
        ) / quantile(runs, 0.99),
      )
    }
    return { overheadMs, p99 }
  } finally {
    await server.stop()
  }
}

/** The same runtime, threads and shared memory as the server's, called one run after another. */
async function openBare(file: string): Promise<Session> {
  const model = Uint8Array.from(readFileSync(file)).buffer
  const session = await openSession(model, { providers: ['cpu'], threads: 1, maxRows: 16 })
  await bareRuns(session, 16, 16)
  return session
}

async function barePace(session: Session, rows: number, total: number): Promise<number> {
  const runs = await bareRuns(session, rows, total)
  return (runs.length * rows * 1000) / runs.reduce((a, b) => a + b, 0)
}

/** @returns the time of each run inside ONNX Runtime, in ms */
async function bareRuns(session: Session, rows: number, total: number): Promise<number[]> {
  const inputs = [new Uint8Array(rows * SIZE * SIZE).fill(100)]
  const ms: number[] = []
  for (let done = 0; done < total; done += rows)
    ms.push((await session.run({ inputs, rows, outputs: OUTPUTS })).runMs)
  return ms
}

function figure(values: number[], unit: string, against: string): Figure {
  return {
    value: median(values),
    unit,
    runs: values.length,
    spread: quantile(values, 0.75) - quantile(values, 0.25),
    against,
  }
}

const median = (values: readonly number[]): number => quantile(values, 0.5)

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}
