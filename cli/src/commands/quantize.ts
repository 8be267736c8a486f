import { AppError } from '@detl/core/api/problem'
import { CALIBRATIONS, type Calibration } from '@detl/core/model/precision'
import { type Command, Option } from 'commander'
import { findModel } from '../model-dir.ts'
import { wholeNumber } from '../option-values.ts'

type QuantizeFlags = {
  calibrate?: string[]
  out?: string
  beside?: boolean
  webAssembly: boolean
  method: Calibration
  images: number
}

export function addQuantizeCommand(program: Command): void {
  program
    .command('quantize')
    .description('a model → the same in 8-bit integers: a third to a half of the time on a CPU')
    .argument('<model>', 'folder of the model, or name of one that comes with detl')
    .option(
      '--calibrate <files...>',
      'training images: files or folders (with --beside: default the int8.json that is there)',
    )
    .option('--out <dir>', 'a folder of its own for model.onnx and manifest.json; the version gets "-int8"')
    .option(
      '--beside',
      'model.int8.onnx in the model’s own folder: for the edge’s fallback and for pages without a GPU, and for `DETL_PRECISION`',
    )
    .option('--no-web-assembly', 'with --beside: WebAssembly keeps model.onnx, being faster with it')
    .addOption(
      new Option('--method <name>', 'how ranges are taken from the images')
        .choices([...CALIBRATIONS])
        .default('minmax'),
    )
    .option('--images <n>', 'of more images, as many are taken, evenly', wholeNumber(1, 100_000), 512)
    .action(async (model: string, flags: QuantizeFlags) => {
      const { calibrate: images = [], out, beside, webAssembly, images: limit, method } = flags
      if (Boolean(beside) === (out !== undefined))
        throw new AppError('request-invalid', 'say where to: --beside, or --out with a folder')
      if (out !== undefined && images.length === 0)
        throw new AppError('request-invalid', '--out needs training images: --calibrate')
      const { quantiseBeside, quantiseFolder } = await import('../quantise/quantise-folder.ts')
      const from = { model: findModel(model), images, limit, method }
      const report =
        out === undefined
          ? await quantiseBeside({ ...from, webAssembly })
          : await quantiseFolder({ ...from, out })
      const mb = (bytes: number) => (bytes / 1e6).toFixed(1)
      console.log(
        `${out ?? from.model}: ${report.layers} layers in int8 by ${report.images} images; ${mb(report.before)} MB → ${mb(report.after)} MB`,
      )
    })
}
