import { type Command, Option } from 'commander'
import { findModel } from '../model-dir.ts'
import { wholeNumber } from '../option-values.ts'

type QuantizeFlags = { calibrate: string[]; out: string; method: 'minmax' | 'entropy'; images: number }

export function addQuantizeCommand(program: Command): void {
  program
    .command('quantize')
    .description('a model folder → one that computes with 8-bit integers: a third of the time on a CPU')
    .argument('<model>', 'folder of the model, or name of one that comes with detl')
    .requiredOption('--calibrate <files...>', 'training images: files or folders')
    .requiredOption('--out <dir>', 'folder for model.onnx and manifest.json; the version gets "-int8"')
    .addOption(
      new Option('--method <name>', 'how ranges are taken from the images')
        .choices(['minmax', 'entropy'])
        .default('minmax'),
    )
    .option('--images <n>', 'of more images, as many are taken, evenly', wholeNumber(1, 100_000), 128)
    .action(async (model: string, flags: QuantizeFlags) => {
      const { quantiseFolder } = await import('../quantise/quantise-folder.ts')
      const { calibrate, images: limit, out, method } = flags
      const report = await quantiseFolder({ model: findModel(model), images: calibrate, limit, out, method })
      const mb = (bytes: number) => (bytes / 1e6).toFixed(1)
      console.log(
        `${out}: ${report.layers} layers in int8 by ${report.images} images; ${mb(report.before)} MB → ${mb(report.after)} MB`,
      )
    })
}
