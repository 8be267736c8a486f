import { basename } from 'node:path'
import type { Command } from 'commander'

type ShipFlags = { data: string; fold: string; out: string; modelVersion: string }

export function addShipCommand(program: Command): void {
  program
    .command('ship')
    .description('a trained fold → a model folder to serve: ONNX, manifest, model card, report')
    .argument('<run>', "the run's folder, evaluated")
    .requiredOption('--data <dir>', 'the data that the run was trained on')
    .requiredOption(
      '--out <dir>',
      'folder of the model, for example models/detl-128; its name is the model’s',
    )
    .option('--fold <k>', 'the fold whose weights are shipped', '0')
    .option('--model-version <v>', 'version in the manifest and in every answer', '0.1.0')
    .action(async (run: string, flags: ShipFlags) => {
      const { ship } = await import('../ship/ship.ts')
      const bytes = await ship({
        run,
        data: flags.data,
        fold: Number(flags.fold),
        out: flags.out,
        name: basename(flags.out),
        version: flags.modelVersion,
      })
      console.log(
        `${flags.out}: model.onnx ${(bytes / 1e6).toFixed(1)} MB, manifest.json, MODEL_CARD.md, report/`,
      )
    })
}
