/**
 * The GPU function against a bare onnxruntime-node loop: the paper's network at S = 128 (5.0 M parameters, some 490 M multiply-adds a row) with
 * random weights, scores and the maps of all four classes. Server, load generator and loop are processes or threads of their own; one
 * thread runs the network, so that on a machine of two cores the sockets have the other.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSession } from '../gpu-function/src/session.ts'
import type { Session } from '../gpu-function/src/session-messages.ts'
import { startServer } from '../test/support/gpu-process.ts'
import { modelsFolder } from '../test/support/model-folder.ts'
import { DETL12 } from '../test/support/tiny-model.ts'
import { overheads } from './gpu/overhead.ts'
import { runLoad } from './gpu/run-load.ts'
import { openTorch } from './gpu/torch.ts'
import type { Figure, Missing } from './run.ts'

const SIZE = DETL12.size
const OUTPUTS = ['probabilities', 'cam']
const ROUNDS = 5
const COLD_STARTS = 5

export default async function gpuBench(): Promise<Record<string, Figure | Missing>> {
  const models = modelsFolder()
  try {
    const folder = models.add({ network: DETL12 })
    const bare = await openBare(join(folder, 'model.onnx'))
    const cold = await coldStarts(models.root)
    const joined = await throughput(bare, models.root, 16, 'always')
    const auto = await throughput(bare, models.root, 1, 'auto')
    const paced = await latency(bare, models.root)
    const overhead = await overheads(models.root, folder, ROUNDS)
    const torch = await againstTorch(bare)
    await bare.close()
    return {
      'gpu.server_throughput': figure(
        joined.ratios,
        '×',
        'bare onnxruntime-node loop, batch 16, 1 thread (higher is better)',
      ),
      'gpu.server_throughput_auto': figure(
        auto.ratios,
        '×',
        'bare loop, batch 1, 1 thread; batches as the server chooses (higher is better)',
      ),
      'gpu.overhead_ms': figure(overhead.ours, 'ms', 'session.run of the same call; one caller, p50'),
      'gpu.overhead_bare_ms': figure(
        overhead.bare,
        'ms',
        'the same of bench/gpu/bare-server.ts: node:http and the hop to the thread, no signature, protocol or queue',
      ),
      'gpu.overhead_vs_bare': figure(
        overhead.ours.map((ms, round) => ms / overhead.bare[round]!),
        '×',
        'that bare server, in turn',
      ),
      'gpu.overhead_small_ms': figure(
        overhead.small,
        'ms',
        'session.run of a network of 0.1 ms, which leaves the caches of the processor alone, as one on a GPU does',
      ),
      'gpu.p99_at_70_percent': figure(
        paced.evenP99,
        '×',
        'p99 of a bare run; calls evenly at 70 % of the bare pace',
      ),
      'gpu.p99_at_70_percent_poisson': figure(
        paced.poissonP99,
        '×',
        'p99 of the same Poisson arrivals at an ideal server that only runs, batch 1',
      ),
      'gpu.cold_start_ms': figure(
        cold.bundle,
        'ms',
        'process start to ready, bundled as in the container, 20 MB model, 5 batch sizes warmed up',
      ),
      'gpu.cold_start_source_ms': figure(
        cold.source,
        'ms',
        'the same from the TypeScript sources, as `detl serve` starts it',
      ),
      ...torch,
      'gpu.run_ms': figure(
        paced.runMs,
        'ms',
        'one screening with four maps inside ONNX Runtime, batch 1, 1 thread',
      ),
      'gpu.occupancy': figure(
        joined.occupancy,
        '×',
        'time of a bare loop of the same runs: inside session.run ÷ wall clock at saturation (higher is better)',
      ),
    }
  } finally {
    models.remove()
  }
}

/** Source and bundle in turn. */
async function coldStarts(root: string): Promise<{ source: number[]; bundle: number[] }> {
  const out = mkdtempSync(join(tmpdir(), 'detl-bundle-'))
  const script = fileURLToPath(new URL('../deploy/gpu-function/bundle.ts', import.meta.url))
  const { status } = spawnSync(process.execPath, [script, join(out, 'dist')], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`the bundle could not be made (${status})`)
  symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(out, 'node_modules'))
  const times: { source: number[]; bundle: number[] } = { source: [], bundle: [] }
  for (let i = 0; i < COLD_STARTS; i++) {
    for (const kind of ['source', 'bundle'] as const) {
      const main = kind === 'bundle' ? join(out, 'dist', 'main.js') : undefined
      const server = await startServer(root, { DETL_THREADS: '1' }, main)
      times[kind].push(server.readyMs)
      await server.stop()
    }
  }
  rmSync(out, { recursive: true })
  return times
}

/** Rows a second of the saturated server ÷ rows a second of the bare loop, loop and server in turn. */
async function throughput(bare: Session, root: string, rows: number, join: string) {
  const server = await startServer(root, {
    DETL_THREADS: '1',
    DETL_BATCH_JOIN: join,
    DETL_MAX_WAIT_MS: '600000',
  })
  const ratios: number[] = []
  const occupancy: number[] = []
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
      // Each caller of a batch is told the time of the whole run.
      const runMs = result.calls.reduce((total, call) => total + call.runMs / call.batchRows, 0)
      occupancy.push(runMs / 1000 / result.seconds)
      return calls / result.seconds
    }
    for (let round = 0; round < ROUNDS; round++) {
      const before = await barePace(bare, rows, calls / 2)
      const pace = await served()
      // The loop before and after: what the machine did meanwhile falls on both.
      const after = await barePace(bare, rows, calls / 2)
      ratios.push(pace / Math.sqrt(before * after))
    }
    return { ratios, occupancy }
  } finally {
    await server.stop()
  }
}

async function latency(bare: Session, root: string) {
  const server = await startServer(root, { DETL_THREADS: '1' })
  const evenP99: number[] = []
  const poissonP99: number[] = []
  const runMs: number[] = []
  try {
    // Compiled as a server of some minutes' age is.
    await runLoad({ url: server.url, size: SIZE, calls: 200, outputs: OUTPUTS, pace: { concurrency: 1 } })
    for (let round = 0; round < ROUNDS; round++) {
      const runs = await bareRuns(bare, 1, 200)
      runMs.push(median(runs))
      const perSecond = (0.7 * 1000) / median(runs)
      const load = (arrivals: 'even' | 'poisson') =>
        runLoad({ url: server.url, size: SIZE, calls: 300, outputs: OUTPUTS, pace: { perSecond, arrivals } })
      const even = await load('even')
      evenP99.push(
        quantile(
          even.calls.map((call) => call.ms),
          0.99,
        ) / quantile(runs, 0.99),
      )
      const poisson = await load('poisson')
      const ideal = idealQueue(
        poisson.calls.map((call) => call.at),
        runs,
      )
      poissonP99.push(
        quantile(
          poisson.calls.map((call) => call.ms),
          0.99,
        ) / quantile(ideal, 0.99),
      )
    }
    return { evenP99, poissonP99, runMs }
  } finally {
    await server.stop()
  }
}

/** Ours and PyTorch's in turn. */
async function againstTorch(bare: Session): Promise<Record<string, Figure | Missing>> {
  const torch = openTorch(SIZE, 1)
  if (!torch) return { 'gpu.vs_torch': { missing: 'install Debian’s package python3-torch' } }
  const ratios: Record<1 | 16, number[]> = { 1: [], 16: [] }
  for (const batch of [1, 16] as const) await torch.runs('cam', batch, 3)
  for (let round = 0; round < ROUNDS; round++) {
    for (const batch of [1, 16] as const) {
      const count = Math.ceil(32 / batch)
      const ours = await bareRuns(bare, batch, count * batch)
      ratios[batch].push(median(ours) / median(await torch.runs('cam', batch, count)))
    }
  }
  await torch.close()
  const against = 'PyTorch on the CPU, Grad-CAM of four classes by autograd, 1 thread'
  return {
    'gpu.vs_torch': figure(ratios[1], '×', `${against}, batch 1`),
    'gpu.vs_torch_16': figure(ratios[16], '×', `${against}, batch 16`),
  }
}

/** Latencies of a server that does nothing but run, one at a time, first come first served. */
function idealQueue(arrivals: readonly number[], runs: readonly number[]): number[] {
  let free = 0
  return [...arrivals]
    .sort((a, b) => a - b)
    .map((at, i) => {
      free = Math.max(free, at) + runs[i % runs.length]!
      return free - at
    })
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
