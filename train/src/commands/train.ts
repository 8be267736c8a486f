import { CAM_METHODS, type CamMethod } from '@detl/core/cam/methods'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { foldName, onlyFromScratch } from '../folds.ts'
import type { OpenRun } from '../open-run.ts'
import {
  foldNumbers,
  names,
  type ReportFlags,
  type RunFlags,
  reporting,
  runCommand,
  wholeNumber,
} from './flags.ts'
import { addRateFinder } from './lr-find.ts'
import { addLungCommands } from './lungs.ts'
import { asItIs, asItIsOrSaid, backendOf, pretrainedOf, runAsItIs, runOf } from './run-of.ts'

/** `train lr-find|pretrain|transfer|crossval|evaluate|leave-source-out|unseen-points|compare|artifact|lungs|lungs-report` */
export function addTrainCommands(program: Command): void {
  const train = program
    .command('train')
    .description('train the network and evaluate it; every run can be resumed')
  addRateFinder(train)
  addPretrain(train)
  addTransfer(train)
  addCrossval(train)
  addEvaluate(train)
  addLeaveSourceOut(train)
  addUnseenPoints(train)
  addCompare(train)
  addArtifact(train)
  addLungCommands(train)
}

function addPretrain(train: Command): void {
  runCommand(train, 'pretrain', 'train the network from scratch on Data-A').action(
    async (flags: RunFlags) => {
      const run = await runOf(flags, true)
      const { pretrain } = await import('../train-run.ts')
      const { modelPath } = await pretrain(run)
      console.log(modelPath)
    },
  )
}

function addTransfer(train: Command): void {
  runCommand(
    train,
    'transfer',
    'give the pretrained network a new head and train it on Data-B without one fold',
  )
    .option('--fold <k>', 'the fold that is held out', wholeNumber, 0)
    .option('--base <path>', 'pretrained model.json; default: the one of the same run')
    .option('--from-scratch', 'without Data-A, to show what it is worth', false)
    .action(async (flags: RunFlags & { fold: number; base?: string; fromScratch: boolean }) => {
      const run = await runOf(flags)
      const base = flags.fromScratch ? undefined : (flags.base ?? pretrainedOf(flags.out))
      const { transfer } = await import('../train-run.ts')
      const { modelPath } = await transfer(run, flags.fold, base)
      console.log(modelPath)
    })
}

type FoldFlags = RunFlags & ReportFlags & { folds: number[]; fromScratch: boolean }

const overFolds = (train: Command, name: string, description: string): Command =>
  reporting(runCommand(train, name, description))
    .option('--folds <list>', 'of 0 to 4, for example 0,1,2', foldNumbers, [0, 1, 2, 3, 4])
    .option('--from-scratch', 'without Data-A', false)

function addCrossval(train: Command): void {
  overFolds(train, 'crossval', 'pretrain, train every fold and write the report; finished parts are kept')
    .option(
      '--members <n>',
      'networks a fold, of different seeds; the report judges their mean',
      wholeNumber,
      1,
    )
    .action(async (flags: FoldFlags & { members: number }) => {
      const run = await runOf(flags, !flags.fromScratch)
      const { crossval } = await import('../crossval.ts')
      await crossval(run, flags)
      await evaluate(run, flags)
      console.log(reportPath(flags))
    })
}

function addEvaluate(train: Command): void {
  overFolds(train, 'evaluate', 'score the folds that are trained and write the report').action(
    async (flags: FoldFlags) => {
      await evaluate(await runAsItIs(flags), flags)
      console.log(reportPath(flags))
    },
  )
}

type LeaveOutFlags = RunFlags & ReportFlags & { sources?: string[]; base?: string; fromScratch: boolean }

function addLeaveSourceOut(train: Command): void {
  reporting(
    runCommand(train, 'leave-source-out', 'train without one source of COVID-19 images and test on it'),
  )
    .option('--sources <list>', 'for example cohen; default: every source that can be spared', names)
    .option('--base <path>', 'pretrained model.json; default: the one of the same run')
    .option('--from-scratch', 'without Data-A', false)
    .action(async (flags: LeaveOutFlags) => {
      const { leaveSourceOut } = await import('../crossval.ts')
      const { outliers, gallery, sources, fromScratch } = flags
      const options = fromScratch ? await asItIsOrSaid(flags) : await asItIs(flags)
      const base = fromScratch ? undefined : (flags.base ?? pretrainedOf(flags.out))
      for await (const run of leaveSourceOut(options, await backendOf(flags), base, sources)) {
        const report = await evaluate(run, { folds: [0], fromScratch, outliers, gallery })
        console.log(JSON.stringify(report.leftOut))
      }
    })
}

function addUnseenPoints(train: Command): void {
  train
    .command('unseen-points')
    .description('thresholds fitted on what `leave-source-out` said of each source that was left out')
    .argument('<run>', 'folder with the runs without-SOURCE')
    .requiredOption('--data <path>', 'folder with manifest.csv, or a JSON file that puts folders together')
    .action(async (out: string, flags: { data: string }) => {
      const { unseenPoints } = await import('../evaluate/unseen-points.ts')
      console.log(JSON.stringify(unseenPoints(out, flags.data), null, 1))
    })
}

function addCompare(train: Command): void {
  train
    .command('compare')
    .description('two evaluated runs of one split, image by image: differences with their intervals')
    .argument('<run-a>', "a run's folder; add :scratch for its folds without pretraining")
    .argument('<run-b>', 'the other')
    .requiredOption('--data <path>', 'folder with manifest.csv, or a JSON file that puts folders together')
    .action(async (a: string, b: string, flags: { data: string }) => {
      const { compareFolders } = await import('../evaluate/compare-folders.ts')
      console.log(JSON.stringify(compareFolders(a, b, flags.data), null, 1))
    })
}

function modelName(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(text)) throw new InvalidArgumentError('small letters, digits and hyphens')
  return text
}

type ArtifactFlags = {
  fold: number
  fromScratch: boolean
  name?: string
  modelVersion: string
  camLayer?: string
  camMethod: CamMethod
}

function addArtifact(train: Command): void {
  runCommand(
    train,
    'artifact',
    'write all that is known of a model besides its weights: facts.json, which the exporter reads',
  )
    .option('--fold <k>', 'the fold whose model is exported', wholeNumber, 0)
    .option('--from-scratch', 'the fold that was trained without Data-A', false)
    .option(
      '--name <name>',
      'of the model; default: its architecture and size, for example detl-128',
      modelName,
    )
    .option('--model-version <version>', 'of the model', '0.1.0')
    .option(
      '--cam-layer <name>',
      'the layer to explain (default: the last convolution, after its activation)',
    )
    .addOption(new Option('--cam-method <method>').choices(CAM_METHODS).default('gradcam'))
    .action(async (flags: RunFlags & ArtifactFlags) => {
      const run = await runAsItIs(flags)
      const { describeArtifact } = await import('./artifact.ts')
      const { fold, modelVersion: version, camLayer, camMethod } = flags
      const fromScratch = flags.fromScratch || onlyFromScratch(flags.out, fold)
      const { architecture, size } = run.options.config
      const name = flags.name ?? `${architecture === 'detl12' ? 'detl' : architecture}-${size}`
      await describeArtifact(run, {
        fold,
        fromScratch,
        name,
        version,
        camMethod,
        ...(camLayer && { camLayer }),
      })
      console.log(`${flags.out}/${foldName(fold, fromScratch)}/facts.json`)
    })
}

/** First the networks say what they say, then the report is made of the files that this leaves. */
async function evaluate(
  { options: { out, data, config }, dataset }: OpenRun,
  flags: ReportFlags & { folds: readonly number[]; fromScratch: boolean },
) {
  const { scoreRun } = await import('../scoring/score-run.ts')
  const { writeReport } = await import('../evaluate/write-report.ts')
  await scoreRun({ out, data, batchSize: config.transfer.batchSize, dataset }, flags)
  const report = writeReport(out, data, flags)
  console.error(report.headline)
  return report
}

const reportPath = ({ out, fromScratch }: FoldFlags): string =>
  `${out}/report${fromScratch ? '-scratch' : ''}/report.html`
