import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Figure, Missing } from './run.ts'

const ROUNDS = 3
/** Of every variant. Left alone, Debian's PyTorch takes one thread, whatever the machine has. */
const THREADS = availableParallelism()

const STEP = fileURLToPath(import.meta.resolve('./train/step.ts'))
const TORCH_STEP = fileURLToPath(import.meta.resolve('./train/torch_step.py'))
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

type Network = {
  architecture: 'detl12' | 'mobilenet-v2'
  size: number
  batch: number
  figures: string
  ratio: string
}

const NETWORKS: Network[] = [
  { architecture: 'detl12', size: 128, batch: 16, figures: 'train', ratio: 'train.vs_torch' },
  {
    architecture: 'mobilenet-v2',
    size: 160,
    batch: 32,
    figures: 'train.mobilenet',
    ratio: 'train.vs_torch_mobilenet',
  },
]

/** Steps that are timed on each backend; absent ones are left out and named on stderr. */
const STEPS = { 'tfjs-node-gpu': 5, 'tfjs-node': 5, onednn: 5, wasm: 2 }
const TORCH_STEPS = 3

/**
 * Images a second of a whole training step (forward, backward, Adam) of both networks. Variants run one after another in
 * processes of their own, in rounds, with as many threads each; the ratio to PyTorch is taken within each round.
 */
export default async function train(): Promise<Record<string, Figure | Missing>> {
  return Object.assign({}, ...NETWORKS.map(figuresOf))
}

function figuresOf({
  architecture,
  size,
  batch,
  figures: prefix,
  ratio,
}: Network): Record<string, Figure | Missing> {
  const what = [architecture, `${size}`, `${batch}`]
  const variants: Record<string, [string, string[]]> = Object.fromEntries(
    Object.entries(STEPS).map(([backend, steps]) => [
      backend,
      [process.execPath, [STEP, backend, ...what, `${steps}`]],
    ]),
  )
  variants.torch = ['/usr/bin/python3', [TORCH_STEP, ...what, `${TORCH_STEPS}`]]
  const rates: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, [command, args]] of Object.entries(variants)) {
      if (round > 0 && !rates[name]) continue
      const env = { ...process.env, OMP_NUM_THREADS: `${THREADS}` }
      const run = spawnSync(command, args, { encoding: 'utf8', env })
      if (run.status === 0)
        rates[name] = [...(rates[name] ?? []), Number(run.stdout.trim().split('\n').at(-1))]
      else {
        const reason = run.error?.message ?? /^\w*Error: .*$/m.exec(run.stderr)?.[0] ?? run.stderr
        console.error(`${prefix}: ${name} is not here: ${reason.slice(0, 160)}`)
      }
    }
  }
  const torch = rates.torch
  const figures: Record<string, Figure | Missing> = {}
  const ours = Object.entries(rates).filter(([name]) => name !== 'torch')
  for (const [name, values] of ours) {
    figures[`${prefix}.backends.${name}`] = {
      value: median(values),
      unit: 'images/s',
      runs: values.length,
      spread: range(values),
      against: `${architecture}, S = ${size}, batch ${batch}`,
    }
  }
  const best = ours.sort(([, a], [, b]) => median(b) - median(a))[0]
  if (torch && best) {
    const ratios = best[1].map((v, i) => v / torch[i]!)
    figures[ratio] = {
      value: median(ratios),
      unit: 'ratio, higher is better',
      runs: ratios.length,
      spread: range(ratios),
      against: `PyTorch on the CPU, ${THREADS} threads each, ${median(torch).toFixed(1)} images/s; ours: ${best[0]}`,
    }
  }
  if (!figures[ratio])
    figures[ratio] = { missing: `${torch ? 'no backend of ours' : 'PyTorch'} runs here; see above why` }
  return figures
}
