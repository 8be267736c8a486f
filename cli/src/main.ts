import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { checkNamedFiles } from './check-named-files.ts'
import { addBatchCommand } from './commands/batch.ts'
import { addBillingCommand } from './commands/billing.ts'
import { addCalibrateCommand } from './commands/calibrate.ts'
import { addCompareCommand } from './commands/compare.ts'
import { addDriftCommand } from './commands/drift.ts'
import { addGatewayCommand } from './commands/gateway.ts'
import { addKeysCommand } from './commands/keys.ts'
import { addPhantomCommand } from './commands/phantom.ts'
import { addQuantizeCommand } from './commands/quantize.ts'
import { addScreenCommand } from './commands/screen.ts'
import { addServeCommand } from './commands/serve.ts'
import { addShipCommand } from './commands/ship.ts'
import { addTeachCommand } from './commands/teach.ts'
import { EXIT_USAGE, report } from './report-error.ts'

/** Command groups whose folders are heavy (tfjs, ONNX): imported when they are called, or when help is asked for. */
const GROUPS: Readonly<Record<string, (program: Command) => Promise<void>>> = {
  data: async (program) => (await import('@detl/train/commands/data')).addDataCommands(program),
  train: async (program) => (await import('@detl/train/commands/train')).addTrainCommands(program),
  convert: addExport,
  export: addExport,
  verify: addExport,
  'export-lungs': addExport,
  'add-regions': addExport,
}

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
addScreenCommand(program)
addCompareCommand(program)
addBatchCommand(program)
addServeCommand(program)
addPhantomCommand(program)
addKeysCommand(program)
addGatewayCommand(program)
addBillingCommand(program)
addShipCommand(program)
addCalibrateCommand(program)
addDriftCommand(program)
addTeachCommand(program)
addQuantizeCommand(program)

const asked = process.argv[2] ?? 'help'
const light = program.commands.some((command) => command.name() === asked)
// What is not known may be an option, `help`, or a slip whose nearest name is looked for among all.
const groups = GROUPS[asked] ? [GROUPS[asked]] : light ? [] : Object.values(GROUPS)
for (const add of groups) await add(program)
program.hook('preAction', (_, command) => checkNamedFiles(command))
await program.parseAsync().catch(report)
