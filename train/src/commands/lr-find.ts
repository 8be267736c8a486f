import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type RunFlags, runCommand, wholeNumber } from './flags.ts'
import { pretrainedOf, runOf } from './run-of.ts'

type RateFlags = RunFlags & {
  stage: 'pretrain' | 'transfer'
  fold: number
  base?: string
  fromScratch: boolean
  from: number
  to: number
  steps: number
}

/** Adds `lr-find`. */
export function addRateFinder(train: Command): void {
  runCommand(
    train,
    'lr-find',
    'try learning rates: train while the rate grows, until the loss breaks away; nothing of it is kept but OUT/lr-find',
  )
    .addOption(
      new Option('--stage <name>', 'whose rate').choices(['pretrain', 'transfer']).default('transfer'),
    )
    .option('--fold <k>', 'transfer: the fold that is held out', wholeNumber, 0)
    .option('--base <path>', 'transfer: pretrained model.json; default: the one of the run in OUT')
    .option('--from-scratch', 'transfer: without Data-A', false)
    .option('--from <r>', 'first rate', rate, 1e-6)
    .option('--to <r>', 'last rate', rate, 1)
    .option('--steps <n>', 'batches', wholeNumber, 100)
    .action(async (flags: RateFlags) => {
      const { out, from, to, steps, fold, fromScratch } = flags
      const own = join(out, 'lr-find')
      // Of this command alone: a run of another rate would be another configuration.
      rmSync(own, { recursive: true, force: true })
      const run = await runOf({ ...flags, out: own }, flags.stage === 'pretrain')
      const { pretrainStart, transferStart } = await import('../train-run.ts')
      const { findLearningRate } = await import('../lr-find.ts')
      const { writeJson } = await import('../files.ts')
      const base = fromScratch ? undefined : (flags.base ?? pretrainedOf(out))
      const start =
        flags.stage === 'pretrain' ? await pretrainStart(run) : await transferStart(run, fold, base)
      const { model, data, config, seed, fresh } = start
      const found = await findLearningRate(model, data.train, config, { seed, fresh, from, to, steps })
      writeJson(join(own, 'lr-find.json'), found)
      for (const { rate: tried, smoothed } of evenly(found.points, 12))
        console.log(`  ${tried.toExponential(1).padStart(8)}  loss ${smoothed.toFixed(4)}`)
      const { suggested, least } = found
      console.log(
        `the loss falls fastest at ${suggested.toExponential(1)}, and is least at ${least.toExponential(1)}: train with --learning-rate ${suggested.toExponential(1)}`,
      )
    })
}

const evenly = <T>(items: readonly T[], n: number): T[] =>
  items.filter((_, i) => i % Math.max(1, Math.round(items.length / n)) === 0)

function rate(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 100)) throw new InvalidArgumentError('a number above 0, at most 100')
  return value
}
