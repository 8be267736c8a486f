import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { findModel } from '../model-dir.ts'
import { wholeNumber } from '../option-values.ts'

type TeachFlags = {
  data: string
  lungs: string
  out: string
  cache: string
  seed: number
  backend?: 'onednn' | 'wasm' | 'cpu'
}

export function addTeachCommand(program: Command): void {
  program
    .command('teach-opacity')
    .description(
      'what a screening model’s features say of opacity on every image: `train lungs --soft` learns from it',
    )
    .argument('<model>', 'folder of the model, or name of one that comes with detl')
    .requiredOption('--data <path>', 'folder with manifest.csv, masks.csv and the images')
    .requiredOption(
      '--lungs <dir>',
      'folder of a first run of `train lungs --all`: its networks say where the lungs are',
    )
    .requiredOption('--out <dir>', 'folder for what is said')
    .option('--cache <dir>', 'folder for preprocessed pixels', 'runs/cache')
    .option('--seed <n>', 'of the folds, as in `train lungs`', wholeNumber(0, 2 ** 31 - 1), 1)
    .addOption(
      new Option('--backend <name>', 'of the network that outlines lungs').choices(['onednn', 'wasm', 'cpu']),
    )
    .action(async (model: string, { seed, backend, ...flags }: TeachFlags) => {
      const { selectBackend } = await import('@detl/train/backend/select')
      await selectBackend(backend ? { only: backend } : {})
      const { featuresOf } = await import('@detl/export/regions/features')
      const { teachOpacity } = await import('@detl/train/lungs/teach')
      const { parseManifest } = await import('@detl/core/model/manifest')
      const dir = findModel(model)
      const { cam, preprocess } = parseManifest(
        JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')),
      )
      const features = await featuresOf(await readFile(join(dir, 'model.onnx')), cam.layer)
      const { width, height, stride, offset } = cam
      const onImage = (done: number, total: number) => {
        if (done % 200 === 0 || done === total) console.error(`${done} of ${total}`)
      }
      await teachOpacity(
        { spec: preprocess, width, height, grid: { stride, offset }, features },
        { ...flags, seed, onImage },
      )
      console.log(flags.out)
    })
}
