import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { focusOf } from '@detl/core/model/class-list'
import type { BackendChoice } from './backend/names.ts'
import { checkFolds } from './data/folds-check.ts'
import { sourcesToLeaveOut } from './data/split.ts'
import type { Protocol } from './data/split-file.ts'
import { foldName } from './folds.ts'
import { type OpenRun, prepareRun, type TrainOptions } from './open-run.ts'
import { pretrain, transfer } from './train-run.ts'

export type CrossvalOptions = {
  folds: readonly number[]
  fromScratch: boolean
  /** Networks a fold, of different seeds. */
  members?: number
}

/** Pretraining once, then every fold; what is finished already is not done again, unless the run starts anew. */
export async function crossval(run: OpenRun, options: CrossvalOptions): Promise<void> {
  const { out, restart } = run.options
  checkFolds(run.dataset, options.folds)
  const resuming: OpenRun = { ...run, options: { ...run.options, resume: true } }
  const finished = (stage: string) => !restart && existsSync(join(out, stage, 'history.json'))
  if (!options.fromScratch && !finished('pretrain')) await pretrain(resuming)
  const base = options.fromScratch ? undefined : join(out, 'pretrain', 'best', 'model.json')
  for (let member = 1; member <= (options.members ?? 1); member++) {
    for (const fold of options.folds) {
      if (!finished(foldName(fold, options.fromScratch, member))) await transfer(resuming, fold, base, member)
    }
  }
}

/**
 * For each source of COVID-19 images: a run in OUT/without-SOURCE that is trained on all others and is to be tested on
 * it, from the pretrained network of OUT. The report of OUT quotes their reports.
 * @param base model.json of the pretrained network; it must not have seen the source, which Data-A never has. Undefined: without Data-A
 * @returns the runs, each trained when it is asked for
 */
export async function* leaveSourceOut(
  options: TrainOptions,
  backend: BackendChoice,
  base: string | undefined,
  sources: readonly string[] | undefined,
): AsyncGenerator<OpenRun> {
  const { records, byFile } = (await prepareRun(options, backend)).dataset
  const chosen = sources ?? sourcesToLeaveOut(records, byFile.list)
  if (chosen.length === 0)
    throw new Error(
      `no source can be left out: images of ${focusOf(byFile.list).id} must be of two at least, and the column "dataset" must say of which`,
    )
  for (const source of chosen) {
    const protocol: Protocol = `without-${source}`
    const run = await prepareRun(
      { ...options, protocol, out: join(options.out, protocol), resume: true },
      backend,
    )
    const finished = existsSync(join(run.options.out, foldName(0, base === undefined), 'history.json'))
    if (options.restart || !finished) await transfer(run, 0, base)
    yield run
  }
}
