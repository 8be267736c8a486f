import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Figure } from './run.ts'

const SIZE = 128
const BATCH = 16
const ROUNDS = 3

const STEP = fileURLToPath(import.meta.resolve('./train/step.ts'))
const TORCH_STEP = fileURLToPath(import.meta.resolve('./train/torch_step.py'))
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

/** Each variant: [command, arguments]; absent ones are left out and named on stderr. */
const VARIANTS: Record<string, [string, string[]]> = {
  'tfjs-node-gpu': [process.execPath, [STEP, 'tfjs-node-gpu', `${SIZE}`, `${BATCH}`, '5']],
  'tfjs-node': [process.execPath, [STEP, 'tfjs-node', `${SIZE}`, `${BATCH}`, '5']],
  onednn: [process.execPath, [STEP, 'onednn', `${SIZE}`, `${BATCH}`, '5']],
  wasm: [process.execPath, [STEP, 'wasm', `${SIZE}`, `${BATCH}`, '2']],
  torch: ['/usr/bin/python3', [TORCH_STEP, `${SIZE}`, `${BATCH}`, '3']],
}

/**
 * Images a second of a whole training step (forward, backward, Adam) of the paper's network, S = 128, batch 16. Variants run
 * one after another in processes of their own, in rounds; the ratio to PyTorch is taken within each round.
 */
export default async function train(): Promise<Record<string, Figure>> {
  const rates: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, [command, args]] of Object.entries(VARIANTS)) {
      if (round > 0 && !rates[name]) continue
      const run = spawnSync(command, args, { encoding: 'utf8' })
      if (run.status === 0)
        rates[name] = [...(rates[name] ?? []), Number(run.stdout.trim().split('\n').at(-1))]
      else console.error(`train: ${name} is not here: ${run.stderr.trim().split('\n').at(-1)?.slice(0, 120)}`)
    }
  }
  const torch = rates.torch
  const figures: Record<string, Figure> = {}
  const ours = Object.entries(rates).filter(([name]) => name !== 'torch')
  for (const [name, values] of ours) {
    figures[`train.backends.${name}`] = {
      value: median(values),
      unit: 'images/s',
      runs: values.length,
      spread: range(values),
      against: `S = ${SIZE}, batch ${BATCH}`,
    }
  }
  const best = ours.sort(([, a], [, b]) => median(b) - median(a))[0]
  if (torch && best) {
    const ratios = best[1].map((v, i) => v / torch[i]!)
    figures['train.vs_torch'] = {
      value: median(ratios),
      unit: 'ratio, higher is better',
      runs: ratios.length,
      spread: range(ratios),
      against: `PyTorch on the CPU, ${median(torch).toFixed(1)} images/s; ours: ${best[0]}`,
    }
  }
  return figures
}
