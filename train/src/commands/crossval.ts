import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Protocol, sourcesToLeaveOut } from '../data/split.ts'
import type { Report } from '../evaluate/report.ts'
import { type EvaluateOptions, evaluate } from './evaluate.ts'
import { foldName } from './fold-dirs.ts'
import { type OpenRun, prepareRun, pretrain, type TrainOptions, transfer } from './train-run.ts'

/**
 * Pretraining once, then every fold; what is finished already is not done again. Writes `report/`.
 * @param options.members networks a fold, of different seeds, whose mean is what the report judges
 */
export async function crossval(
  run: OpenRun,
  options: EvaluateOptions & { members?: number },
): Promise<Report> {
  const { out } = run.options
  const resuming: OpenRun = { ...run, options: { ...run.options, resume: true } }
  if (!options.fromScratch && !existsSync(join(out, 'pretrain', 'history.json'))) await pretrain(resuming)
  const base = options.fromScratch ? undefined : join(out, 'pretrain', 'best', 'model.json')
  for (let member = 1; member <= (options.members ?? 1); member++) {
    for (const fold of options.folds) {
      if (!existsSync(join(out, foldName(fold, options.fromScratch, member), 'history.json')))
        await transfer(resuming, fold, base, member)
    }
  }
  return evaluate(run, options)
}

/**
 * For each source of COVID-19 images: a run in OUT/without-SOURCE that is trained on all others and tested on it, from
 * the pretrained network of OUT. The report of OUT quotes them.
 * @param base model.json of the pretrained network; it must not have seen the source, which Data-A never has
 */
export async function leaveSourceOut(
  options: TrainOptions,
  base: string,
  sources: readonly string[] | undefined,
  rest: Pick<EvaluateOptions, 'outliers' | 'gallery'>,
): Promise<Report[]> {
  const { records } = (await prepareRun(options)).dataset
  const reports: Report[] = []
  for (const source of sources ?? sourcesToLeaveOut(records)) {
    const protocol: Protocol = `without-${source}`
    const run = await prepareRun({ ...options, protocol, out: join(options.out, protocol), resume: true })
    if (!existsSync(join(run.options.out, foldName(0, false), 'history.json'))) await transfer(run, 0, base)
    reports.push(await evaluate(run, { folds: [0], fromScratch: false, ...rest }))
  }
  return reports
}
