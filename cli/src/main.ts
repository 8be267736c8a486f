import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { checkNamedFiles } from './check-named-files.ts'
import { EXIT_USAGE, report } from './report-error.ts'

type AddCommand = (program: Command) => unknown

/** Each command by its name, in the order of the help. Only the one that is called is loaded: to load all takes longer than most take to run. */
const COMMANDS: Readonly<Record<string, AddCommand>> = {
  screen: async (program) => (await import('./commands/screen.ts')).addScreenCommand(program),
  compare: async (program) => (await import('./commands/compare.ts')).addCompareCommand(program),
  batch: async (program) => (await import('./commands/batch.ts')).addBatchCommand(program),
  serve: async (program) => (await import('./commands/serve.ts')).addServeCommand(program),
  phantom: async (program) => (await import('./commands/phantom.ts')).addPhantomCommand(program),
  keys: async (program) => (await import('./commands/keys.ts')).addKeysCommand(program),
  gateway: async (program) => (await import('./commands/gateway.ts')).addGatewayCommand(program),
  billing: async (program) => (await import('./commands/billing.ts')).addBillingCommand(program),
  ship: async (program) => (await import('./commands/ship.ts')).addShipCommand(program),
  calibrate: async (program) => (await import('./commands/calibrate.ts')).addCalibrateCommand(program),
  unseen: async (program) => (await import('./commands/unseen.ts')).addUnseenCommand(program),
  drift: async (program) => (await import('./commands/drift.ts')).addDriftCommand(program),
  'teach-opacity': async (program) => (await import('./commands/teach.ts')).addTeachCommand(program),
  quantize: async (program) => (await import('./commands/quantize.ts')).addQuantizeCommand(program),
  data: async (program) => (await import('@detl/train/commands/data')).addDataCommands(program),
  train: async (program) => (await import('@detl/train/commands/train')).addTrainCommands(program),
  convert: addExport,
  export: addExport,
  verify: addExport,
  'export-lungs': addExport,
  'add-regions': addExport,
}
/** What is asked for without a command. */
const ALONE = new Set(['--version', '-V'])

async function addExport(program: Command) {
  const { addExportCommands } = await import('@detl/export/commands')
  const { addRegionCommands } = await import('@detl/export/regions/commands')
  if (program.commands.some((command) => command.name() === 'convert')) return
  addRegionCommands(program)
  addExportCommands(program, async (model, images) => {
    const { quantiseFolder } = await import('./quantise/quantise-folder.ts')
    await quantiseFolder({ model, images, limit: 128, method: 'minmax', out: model })
  })
}

const program = new Command('detl')
  .description('Chest X-ray screening by domain extension transfer learning: from training to serving')
  .version(packageJson.version)
  .showHelpAfterError('(--help shows what there is)')
  // Of commander's own ends only help and version are none of a wrong call.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
const asked = process.argv[2] ?? 'help'
// What is not known may be an option, `help`, or a slip whose nearest name is looked for among all.
const wanted = ALONE.has(asked)
  ? []
  : Object.hasOwn(COMMANDS, asked)
    ? [COMMANDS[asked]!]
    : Object.values(COMMANDS)
for (const add of wanted) await add(program)
program.hook('preAction', (_, command) => checkNamedFiles(command))
await program.parseAsync().catch(report)
