import { type Command, InvalidArgumentError, Option } from 'commander'
import { BACKENDS, type BackendName } from '../backend/select.ts'
import type { TrainConfig } from '../config.ts'
import type { TrainOptions } from './train-run.ts'

const CONFIGS: Record<string, () => Promise<TrainConfig>> = {
  smoke: async () => (await import('../../configs/smoke.ts')).smoke,
  default: async () => (await import('../../configs/default.ts')).defaults,
  mobilenet: async () => (await import('../../configs/mobilenet.ts')).mobilenet,
  paper: async () => (await import('../../configs/paper.ts')).paper,
}

/** Lists in train/sources. */
const DOWNLOADS = ['nih', 'cohen', 'figure1', 'covid-cxnet'] as const

type TrainFlags = {
  data: string
  cache: string
  out: string
  config: string
  protocol: 'grouped' | 'paper'
  backend?: BackendName
  size?: number
  seed?: number
  splitSeed: number
  epochs?: number
  resume: boolean
}

type ImportFlags = { out: string; boxes?: string; licences: 'permissive' | 'research' }
type ReportFlags = { outliers: string[]; gallery: boolean }

/** `train pretrain|transfer|crossval|evaluate|leave-source-out|compare|artifact` */
export function addTrainCommands(program: Command): void {
  const train = program
    .command('train')
    .description('train the network and evaluate it; every run can be resumed')

  runCommand(train, 'pretrain', 'train the network from scratch on Data-A').action(
    async (flags: TrainFlags) => {
      const { pretrain, prepareRun } = await import('./train-run.ts')
      const result = await pretrain(await prepareRun(await optionsOf(flags)))
      console.log(result.modelPath)
    },
  )

  runCommand(
    train,
    'transfer',
    'give the pretrained network a new head and train it on Data-B without one fold',
  )
    .option('--fold <k>', 'the fold that is held out', wholeNumber, 0)
    .option('--base <path>', 'pretrained model.json; default: the one of the same run')
    .option('--from-scratch', 'without Data-A, to show what it is worth', false)
    .action(async (flags: TrainFlags & { fold: number; base?: string; fromScratch: boolean }) => {
      const { prepareRun, transfer } = await import('./train-run.ts')
      const run = await prepareRun(await optionsOf(flags))
      const base = flags.fromScratch ? undefined : (flags.base ?? `${flags.out}/pretrain/best/model.json`)
      const result = await transfer(run, flags.fold, base)
      console.log(result.modelPath)
    })

  const overFolds = (name: 'crossval' | 'evaluate', description: string) =>
    reporting(runCommand(train, name, description))
      .option('--folds <list>', 'for example 0,1,2', wholeNumbers, [0, 1, 2, 3, 4])
      .option('--from-scratch', 'without Data-A', false)
  type FoldFlags = TrainFlags & ReportFlags & { folds: number[]; fromScratch: boolean }
  const announce = ({ out, fromScratch }: FoldFlags) =>
    console.log(`${out}/report${fromScratch ? '-scratch' : ''}/report.html`)
  overFolds('crossval', 'pretrain, train every fold and write the report; finished parts are kept')
    .option(
      '--members <n>',
      'networks a fold, of different seeds; the report judges their mean',
      wholeNumber,
      1,
    )
    .action(async (flags: FoldFlags & { members: number }) => {
      const { prepareRun } = await import('./train-run.ts')
      const { crossval } = await import('./crossval.ts')
      await crossval(await prepareRun(await optionsOf(flags)), flags)
      announce(flags)
    })
  overFolds('evaluate', 'score the folds that are trained and write the report').action(
    async (flags: FoldFlags) => {
      const { prepareRun } = await import('./train-run.ts')
      const { evaluate } = await import('./evaluate.ts')
      await evaluate(await prepareRun(await optionsOfRun(flags)), flags)
      announce(flags)
    },
  )

  reporting(
    runCommand(train, 'leave-source-out', 'train without one source of COVID-19 images and test on it'),
  )
    .option('--sources <list>', 'for example cohen; default: every source that can be spared', names)
    .option('--base <path>', 'pretrained model.json; default: the one of the same run')
    .action(async (flags: TrainFlags & ReportFlags & { sources?: string[]; base?: string }) => {
      const { leaveSourceOut } = await import('./crossval.ts')
      const { outliers, gallery, sources } = flags
      const base = flags.base ?? `${flags.out}/pretrain/best/model.json`
      const options = await optionsOfRun(flags)
      for (const report of await leaveSourceOut(options, base, sources, { outliers, gallery }))
        console.log(JSON.stringify(report.leftOut))
    })

  train
    .command('compare')
    .description('two evaluated runs of one split, image by image: differences with their intervals')
    .argument('<run-a>', "a run's folder; add :scratch for its folds without pretraining")
    .argument('<run-b>', 'the other')
    .requiredOption('--data <dir>', 'folder with manifest.csv')
    .action(async (a: string, b: string, flags: { data: string }) => {
      const { compareFolders } = await import('./compare.ts')
      console.log(JSON.stringify(compareFolders(a, b, flags.data), null, 1))
    })

  runCommand(train, 'artifact', 'write what the exporter needs besides the network: facts.json')
    .option('--fold <k>', 'the fold whose model is exported', wholeNumber, 0)
    .option('--name <name>', 'of the model; default: its architecture and size, for example detl-128')
    .option('--model-version <version>', 'of the model', '0.1.0')
    .action(async (flags: TrainFlags & { fold: number; name?: string; modelVersion: string }) => {
      const { prepareRun } = await import('./train-run.ts')
      const { describeArtifact } = await import('./artifact.ts')
      const { fold, modelVersion: version } = flags
      const run = await prepareRun(await optionsOfRun(flags))
      const { architecture, size } = run.options.config
      const name = flags.name ?? `${architecture === 'detl12' ? 'detl' : architecture}-${size}`
      describeArtifact(run, { fold, name, version })
      console.log(`${flags.out}/fold-${fold}/facts.json`)
    })
}

/** `data describe|import|download` */
export function addDataCommands(program: Command): void {
  const data = program.command('data').description('fetch, import and describe data sets')
  data
    .command('download')
    .description('fetch public sources, each file checked by its digest; broken-off ones are continued')
    .argument('[sources...]', `of the lists that come along: ${DOWNLOADS.join(', ')}`)
    .option(
      '--list <file>',
      'JSON: [{"url","path","sha256" or "md5","bytes"} or {"git","commit","path","only"}]',
    )
    .requiredOption('--out <dir>', 'folder that gets them')
    .action(async (sources: string[], flags: { list?: string; out: string }) => {
      const { readFileSync } = await import('node:fs')
      const { downloadFile, downloadListSchema, downloadRepository } = await import('../data/download.ts')
      const { bytesPrinter } = await import('../progress.ts')
      const unknown = sources.filter((s) => !(DOWNLOADS as readonly string[]).includes(s))
      if (unknown.length > 0 || (sources.length === 0 && !flags.list))
        throw new InvalidArgumentError(`name sources of ${DOWNLOADS.join(', ')}, or give --list`)
      const files = [
        ...sources.map((s) => new URL(`../../sources/${s}.json`, import.meta.url)),
        flags.list ?? [],
      ].flat()
      for (const item of files.flatMap((f) =>
        downloadListSchema.parse(JSON.parse(readFileSync(f, 'utf8'))),
      )) {
        const result =
          'git' in item
            ? downloadRepository(item, flags.out)
            : await downloadFile(item, flags.out, bytesPrinter(item.path))
        console.log(`${item.path}: ${result}`)
      }
    })
  data
    .command('import')
    .description("read the sources' own label files and images into one manifest.csv")
    .argument('<sources...>', 'each as KIND=LABELS.csv=IMAGES; kinds: nih, cohen, figure1, actualmed, folder')
    .requiredOption('--out <dir>', 'folder that gets manifest.csv')
    .option('--boxes <file>', "NIH's BBox_List_2017.csv; becomes nih_boxes.csv")
    .addOption(new Option('--licences <which>').choices(['permissive', 'research']).default('research'))
    .action(async (sources: string[], flags: ImportFlags) => {
      const { importData, SOURCES } = await import('./data-import.ts')
      const parsed = sources.map((text) => {
        const [source, labels, images] = text.split('=')
        if (!source || !Object.hasOwn(SOURCES, source) || !labels || !images) {
          throw new InvalidArgumentError(
            `"${text}" is not KIND=LABELS.csv=IMAGES with KIND ${Object.keys(SOURCES).join(', ')}`,
          )
        }
        return { source: source as keyof typeof SOURCES, labels, images }
      })
      console.log(JSON.stringify(await importData({ ...flags, sources: parsed }), null, 1))
    })
  data
    .command('describe')
    .description('classes, sources, views and ages of a data folder, its splits, and every leak')
    .requiredOption('--data <dir>', 'folder with manifest.csv and the images')
    .option('--split-seed <n>', 'of the folds', wholeNumber, 1)
    .option('--no-near-duplicates', 'do not decode the images to look for copies')
    .option('--json', 'one object instead of tables', false)
    .action(async (flags: { data: string; splitSeed: number; nearDuplicates: boolean; json: boolean }) => {
      const { describeData, printDescription } = await import('./data-describe.ts')
      const { progressPrinter } = await import('../progress.ts')
      const { onImages } = progressPrinter('')
      const { splitSeed, nearDuplicates } = flags
      const description = await describeData(flags.data, { splitSeed, nearDuplicates, onImages })
      if (flags.json) console.log(JSON.stringify(description, null, 1))
      else console.log(printDescription(description))
    })
}

function runCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .requiredOption('--data <dir>', 'folder with manifest.csv and the images')
    .requiredOption(
      '--out <dir>',
      "the run's folder: configuration, split, checkpoints, best weights, history",
    )
    .option('--cache <dir>', 'folder for preprocessed pixels', 'runs/cache')
    .addOption(new Option('--config <name>', 'recipe').choices(Object.keys(CONFIGS)).default('default'))
    .addOption(
      new Option('--protocol <name>', 'how folds are made').choices(['grouped', 'paper']).default('grouped'),
    )
    .addOption(new Option('--backend <name>', 'take this one or fail').choices(BACKENDS))
    .option('--size <S>', 'side of the input, instead of the recipe’s', wholeNumber)
    .option('--seed <n>', 'of weights, order and augmentation, instead of the recipe’s', wholeNumber)
    .option('--split-seed <n>', 'of the folds', wholeNumber, 1)
    .option('--epochs <n>', 'of each stage, instead of the recipe’s', wholeNumber)
    .option('--resume', 'go on from the checkpoint in the run’s folder', false)
}

const reporting = (command: Command): Command =>
  command
    .option(
      '--outliers <dir>',
      'images that are no frontal chest X-ray, in sub-folders named by kind or with a manifest.csv; may be repeated',
      (dir: string, before: string[]) => [...before, dir],
      [],
    )
    .option('--no-gallery', 'no gallery.html, which shows images of the data set')

/** Evaluation takes the run as it is: its own configuration, whatever the recipe says today. */
async function optionsOfRun(flags: TrainFlags): Promise<TrainOptions> {
  const { readRun } = await import('../run.ts')
  const { config, split } = readRun(flags.out)
  return { ...(await optionsOf(flags)), config, protocol: split.protocol, splitSeed: split.seed }
}

async function optionsOf(flags: TrainFlags): Promise<TrainOptions> {
  const recipe = await CONFIGS[flags.config]!()
  const config: TrainConfig = {
    ...recipe,
    size: flags.size ?? recipe.size,
    seed: flags.seed ?? recipe.seed,
    pretrain: { ...recipe.pretrain, epochs: flags.epochs ?? recipe.pretrain.epochs },
    transfer: { ...recipe.transfer, epochs: flags.epochs ?? recipe.transfer.epochs },
  }
  const { data, cache, out, protocol, backend, resume, splitSeed } = flags
  return { config, data, cache, out, protocol, resume, splitSeed, ...(backend && { backend }) }
}

const names = (text: string): string[] => text.split(',')

const wholeNumbers = (text: string): number[] => text.split(',').map(wholeNumber)

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('not a whole number')
  return value
}
