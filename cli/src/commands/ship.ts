import type { Command } from 'commander'

type ShipFlags = { out: string; fold: string; fromScratch: boolean; lungs?: string | false }

export function addShipCommand(program: Command): void {
  program
    .command('ship')
    .description('a trained fold → a model folder to serve: ONNX, manifest, model card, report')
    .argument('<run>', "the run's folder, after `train evaluate` and `train artifact`")
    .requiredOption('--out <dir>', 'folder of the model, for example models/detl-128')
    .option('--fold <k>', 'the fold whose weights are shipped', '0')
    .option('--from-scratch', 'the fold that was trained without Data-A', false)
    .option(
      '--lungs <dir>',
      'a network that outlines lungs, such as models/lungs-128 (default: that of the model in --out)',
    )
    .option('--no-lungs', 'without one, also where the model in --out has one')
    .action(async (run: string, flags: ShipFlags) => {
      const { ship } = await import('../ship/ship.ts')
      const { onlyFromScratch } = await import('@detl/train/folds')
      const fold = Number(flags.fold)
      const fromScratch = flags.fromScratch || onlyFromScratch(run, fold)
      const { bytes, int8 } = await ship({
        run,
        fold,
        fromScratch,
        out: flags.out,
        lungs: flags.lungs,
      })
      console.log(
        `${flags.out}: model.onnx ${(bytes / 1e6).toFixed(1)} MB, manifest.json, MODEL_CARD.md, report/`,
      )
      const { int8News } = await import('@detl/export/quantise/beside')
      const news = int8News(int8, flags.out)
      if (news) console.error(news)
    })
}
