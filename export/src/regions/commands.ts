import type { Command } from 'commander'
import { reporting } from '../reporting.ts'

/** Adds `export-lungs` and `add-regions`. */
export function addRegionCommands(program: Command): void {
  program
    .command('export-lungs')
    .description('the network that outlines lungs and opacity → ONNX, beside its lungs.json')
    .argument('<run>', "the run's folder, after `train lungs --all` and `train lungs-report`")
    .requiredOption('--out <dir>', 'folder for model.onnx and lungs.json, for example models/lungs-128')
    .action(
      reporting(async (run: string, { out }: { out: string }) => {
        const { writeLungs } = await import('./lungs.ts')
        const bytes = writeLungs(run, out)
        console.log(`${out}: model.onnx ${(bytes / 1e6).toFixed(2)} MB, lungs.json, MODEL_CARD.md`)
      }),
    )
  program
    .command('add-regions')
    .description('a screening model that also outlines lungs and opacity: severity in its answers')
    .argument('<model>', 'folder with model.onnx and manifest.json')
    .requiredOption('--lungs <dir>', 'what `export-lungs` wrote')
    .option('--out <dir>', 'another folder (default: in place)')
    .action(
      reporting(async (model: string, { lungs, out }: { lungs: string; out?: string }) => {
        const { addRegionsTo } = await import('./folders.ts')
        const { before, after } = addRegionsTo(model, lungs, out ?? model)
        console.log(
          `${out ?? model}: model.onnx ${(before / 1e6).toFixed(2)} MB → ${(after / 1e6).toFixed(2)} MB`,
        )
      }),
    )
}
