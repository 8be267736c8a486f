import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { BackendChoice, BackendName } from '../backend/names.ts'
import type { OpenRun, TrainOptions } from '../open-run.ts'
import { configOf, type RunFlags } from './flags.ts'

/** Where the pretrained model of a run lies. */
export const pretrainedOf = (out: string): string => `${out}/pretrain/best/model.json`

export async function backendOf({ backend }: { backend?: BackendName }): Promise<BackendChoice> {
  const { selectBackend } = await import('../backend/select.ts')
  return selectBackend(backend ? { only: backend } : {})
}

export async function runOf(flags: RunFlags, needsDataA = false): Promise<OpenRun> {
  const { prepareRun } = await import('../open-run.ts')
  return prepareRun({ ...(await asSaid(flags)), needsDataA }, await backendOf(flags))
}

/** A run as the flags describe it. */
async function asSaid(flags: RunFlags): Promise<TrainOptions> {
  const { data, cache, out, protocol, resume, restart, splitSeed } = flags
  return { config: await configOf(flags), data, cache, out, protocol, resume, restart, splitSeed }
}

/** The run that is in the folder, or else one as the flags describe it. */
export const asItIsOrSaid = (flags: RunFlags): Promise<TrainOptions> =>
  existsSync(join(flags.out, 'run.json')) ? asItIs(flags) : asSaid(flags)

/** Evaluation takes the run as it is: its own configuration, whatever the recipe says today. */
export async function asItIs({ data, cache, out, restart }: RunFlags): Promise<TrainOptions> {
  const { readRun } = await import('../run.ts')
  const { config, split } = readRun(out)
  return { config, data, cache, out, resume: false, restart, protocol: split.protocol, splitSeed: split.seed }
}

export async function runAsItIs(flags: RunFlags): Promise<OpenRun> {
  const { prepareRun } = await import('../open-run.ts')
  return prepareRun(await asItIs(flags), await backendOf(flags))
}
