import { type Command, Option } from 'commander'
import { BACKENDS, type BackendName } from '../backend/names.ts'
import { countingNumber, foldNumbers, wholeNumber } from './flags.ts'

type LungFlags = {
  data: string
  cache: string
  out: string
  seed: number
  folds: number[]
  without?: string
  backend?: BackendName
}
type TrainFlags = LungFlags & {
  epochs: number
  all: boolean
  resume: boolean
  restart: boolean
  soft?: string
  from?: string
}
type ReportFlags = LungFlags & { name: string; release: string; note: string }

/** `train lungs` and `train lungs-report` */
export function addLungCommands(train: Command): void {
  lungCommand(train, 'lungs', 'train the network that outlines lungs and opacity')
    .option('--epochs <n>', 'of each training', countingNumber, 30)
    .option('--all', 'also on all images, which is what is shipped', false)
    .option('--soft <dir>', 'what `teach-opacity` wrote: many more images to learn opacity from')
    .option('--from <dir>', 'another run’s folder: go on from its networks of the same parts')
    .option('--resume', 'go on from the checkpoints in the run’s folder', false)
    .addOption(
      new Option('--restart', 'throw away what is in the run’s folder of the same parts, and start anew')
        .default(false)
        .conflicts('resume'),
    )
    .action(async (flags: TrainFlags) => {
      const { run, parts, source } = await opened(flags)
      for (const part of [...parts, ...(source ? [source] : []), ...(flags.all ? (['all'] as const) : [])]) {
        const { trainPart } = await import('../lungs/lung-run.ts')
        await trainPart(run, part, flags)
      }
    })
  lungCommand(train, 'lungs-report', 'score the folds; writes lungs.json, which `detl export-lungs` reads')
    .option('--name <name>', 'of the network', 'lungs-128')
    .option('--release <version>', 'of the network', '0.1.0')
    .option('--note <text>', 'what else is to be known of how it was trained', '')
    .action(async (flags: ReportFlags) => {
      const { run, source, backend } = await opened(flags)
      const { reportLungs } = await import('../lungs/lung-run.ts')
      const { name, release: version, folds, note } = flags
      const { figures, error } = await reportLungs(run, {
        name,
        version,
        folds,
        source,
        note,
        backend,
      })
      console.log(JSON.stringify({ figures, error }, null, 1))
    })
}

function lungCommand(train: Command, name: string, description: string): Command {
  return train
    .command(name)
    .description(description)
    .requiredOption('--data <path>', 'folder with manifest.csv, masks.csv and the images')
    .requiredOption('--out <dir>', 'the run’s folder')
    .option('--cache <dir>', 'folder for preprocessed pixels', 'runs/cache')
    .option('--folds <list>', 'of 0 to 4, for example 0,1,2', foldNumbers, [0, 1, 2, 3, 4])
    .option('--without <file>', 'also without the images of a source: their files, one a line')
    .option('--seed <n>', 'of weights, order, augmentation and folds', wholeNumber, 1)
    .addOption(new Option('--backend <name>', 'take this one or fail').choices(BACKENDS))
}

async function opened(flags: LungFlags) {
  const { selectBackend } = await import('../backend/select.ts')
  const backend = await selectBackend(flags.backend ? { only: flags.backend } : {})
  const { openLungRun, sourceIn } = await import('../lungs/lung-run.ts')
  const source = flags.without === undefined ? undefined : sourceIn(flags.data, flags.without)
  const run = await openLungRun(flags)
  return { run, parts: flags.folds.map((fold) => ({ fold })), source, backend }
}
