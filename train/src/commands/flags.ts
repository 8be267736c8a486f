import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { BACKENDS, type BackendName } from '../backend/names.ts'
import type { StageConfig, TrainConfig } from '../config.ts'
import type { Protocol } from '../data/split-file.ts'
import { checkedRecipe } from '../recipe-schema.ts'

const CONFIGS: Record<string, () => Promise<TrainConfig>> = {
  smoke: async () => (await import('../../configs/smoke.ts')).smoke,
  default: async () => (await import('../../configs/default.ts')).defaults,
  mobilenet: async () => (await import('../../configs/mobilenet.ts')).mobilenet,
  'last-layer': async () => (await import('../../configs/last-layer.ts')).lastLayer,
  paper: async () => (await import('../../configs/paper.ts')).paper,
}

/** Of every command that works on a run. */
export type RunFlags = {
  data: string
  cache: string
  out: string
  config: string
  protocol: Protocol
  backend?: BackendName
  size?: number
  seed?: number
  splitSeed: number
  epochs?: number
  batchSize?: number
  learningRate?: number
  patience?: number
  resume: boolean
  restart: boolean
}

/** Of every command that ends in a report. */
export type ReportFlags = { outliers: string[]; gallery: boolean }

/** A command with the options of `RunFlags`. */
export function runCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .requiredOption(
      '--data <path>',
      'folder with manifest.csv and the images, or a JSON file that puts folders together',
    )
    .requiredOption(
      '--out <dir>',
      "the run's folder: configuration, split, checkpoints, best weights, history",
    )
    .option('--cache <dir>', 'folder for preprocessed pixels', 'runs/cache')
    .option(
      '--config <name>',
      `recipe: ${Object.keys(CONFIGS).join(', ')}, or a file of one's own: .json, .ts, .mjs`,
      'default',
    )
    .addOption(
      new Option('--protocol <name>', 'how folds are made').choices(['grouped', 'paper']).default('grouped'),
    )
    .addOption(new Option('--backend <name>', 'take this one or fail').choices(BACKENDS))
    .option('--size <S>', 'side of the input, instead of the recipe’s', wholeNumber)
    .option('--seed <n>', 'of weights, order and augmentation, instead of the recipe’s', wholeNumber)
    .option('--split-seed <n>', 'of the folds', wholeNumber, 1)
    .option('--epochs <n>', 'of each stage, instead of the recipe’s', wholeNumber)
    .option('--batch-size <n>', 'of each stage, instead of the recipe’s', wholeNumber)
    .option('--learning-rate <r>', 'at the start of each stage, instead of the recipe’s', positive)
    .option('--patience <n>', 'end a stage after so many epochs without a better one', wholeNumber)
    .option('--resume', 'go on from the checkpoint in the run’s folder', false)
    .addOption(
      new Option('--restart', 'throw away what the stage has left in the run’s folder and start it anew')
        .default(false)
        .conflicts('resume'),
    )
}

/** Adds the options of `ReportFlags`. */
export const reporting = (command: Command): Command =>
  command
    .option(
      '--outliers <dir>',
      'images that are no frontal chest X-ray, in sub-folders named by kind or with a manifest.csv; may be repeated',
      (dir: string, before: string[]) => [...before, dir],
      [],
    )
    .option('--no-gallery', 'no gallery.html, which shows images of the data set')

/** The recipe that the flags name, with what they change in it. @throws AppError request-invalid for values that cannot be trained with */
export async function configOf(flags: RunFlags): Promise<TrainConfig> {
  const recipe = await recipeOf(flags.config)
  const { epochs, batchSize, learningRate, patience } = flags
  const given = Object.entries({ epochs, batchSize, learningRate, patience }).filter(
    ([, value]) => value !== undefined,
  )
  const changed = Object.fromEntries(given) as Partial<StageConfig>
  return checkedRecipe({
    ...recipe,
    size: flags.size ?? recipe.size,
    seed: flags.seed ?? recipe.seed,
    pretrain: { ...recipe.pretrain, ...changed },
    transfer: { ...recipe.transfer, ...changed },
  })
}

async function recipeOf(name: string): Promise<TrainConfig> {
  if (Object.hasOwn(CONFIGS, name)) return CONFIGS[name]!()
  if (!existsSync(name))
    throw new InvalidArgumentError(
      `--config "${name}" is no file, and no recipe: ${Object.keys(CONFIGS).join(', ')}`,
    )
  const { readConfigFile } = await import('./config-file.ts')
  return readConfigFile(name, CONFIGS)
}

export const names = (text: string): string[] => text.split(',')

/** Folds are five, whatever is trained. */
export function foldNumbers(text: string): number[] {
  const folds = text.split(',').map(wholeNumber)
  if (folds.some((fold) => fold >= 5)) throw new InvalidArgumentError('folds are 0, 1, 2, 3 and 4')
  if (new Set(folds).size < folds.length) throw new InvalidArgumentError('a fold is named twice')
  return folds
}

/** 1, 2, 3 … */
export function countingNumber(text: string): number {
  const value = wholeNumber(text)
  if (value === 0) throw new InvalidArgumentError('not a whole number above 0')
  return value
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new InvalidArgumentError('not a number above 0')
  return value
}

export function wholeNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('not a whole number')
  return value
}
