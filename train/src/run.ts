import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BackendChoice } from './backend/names.ts'
import type { InputSpec, TrainConfig } from './config.ts'
import type { Protocol } from './data/split-file.ts'
import { readJson } from './data/text-file.ts'
import { writeJson } from './files.ts'

/** run.json: all that a run's figures depend on. */
export type Run = {
  config: TrainConfig
  preprocess: InputSpec
  /** Of all images of the data folder. */
  dataDigest: string
  /** Of the classes that those images have; absent in runs from before labels could be changed by a second reading. */
  labelsDigest?: string
  split: { protocol: Protocol; seed: number; digest: string }
  /** Commit of this code, with "+changes" where the working tree differed. */
  code: string
  backend: Pick<BackendChoice, 'name' | 'device' | 'detail'>
  node: string
  startedAt: string
}

/** Creates the run's folder, or checks that the one there is of the same configuration and data. */
export function openRun(dir: string, run: Omit<Run, 'code' | 'node' | 'startedAt'>): Run {
  const path = join(dir, 'run.json')
  if (existsSync(path)) {
    const existing = readRun(dir)
    const { labelsDigest, ...unlabelled } = run
    if (identityOf(existing) !== identityOf(existing.labelsDigest ? run : unlabelled)) {
      throw new Error(
        `${dir} holds a run of ${differenceOf(existing, run)}. Give it what it was begun with, or choose another folder`,
      )
    }
    return existing
  }
  mkdirSync(dir, { recursive: true })
  const full: Run = {
    ...run,
    code: codeVersion(),
    node: process.version,
    startedAt: new Date().toISOString(),
  }
  writeJson(path, full)
  return full
}

/** What keeps a run from being continued, in words. */
function differenceOf(existing: Run, run: Omit<Run, 'code' | 'node' | 'startedAt'>): string {
  const same = (of: (one: typeof run) => unknown) => JSON.stringify(of(existing)) === JSON.stringify(of(run))
  if (!same((r) => r.dataDigest)) return 'other images'
  if (existing.labelsDigest && !same((r) => r.labelsDigest)) return 'the same images with other labels'
  if (!same((r) => r.split)) return 'another split'
  const keys = Object.keys({ ...existing.config, ...run.config }) as (keyof TrainConfig)[]
  const changed = keys.filter((key) => !same((r) => r.config[key]))
  return `another configuration (${changed.join(', ') || 'preprocessing'})`
}

/** @throws where there is no run */
export function readRun(dir: string): Run {
  if (!existsSync(join(dir, 'run.json')))
    throw new Error(`${dir} is not the folder of a run: it has no run.json`)
  const run = readJson<Run>(join(dir, 'run.json'))
  // Runs from before there was a choice do not name it.
  const { architecture = 'detl12', input = 'harmonised' } = run.config
  return { ...run, config: { ...run.config, architecture, input } }
}

/** What must be equal for a run to be continued. The backend may differ; run.json names the first one. */
export function identityOf(
  run: Pick<Run, 'config' | 'preprocess' | 'dataDigest' | 'labelsDigest' | 'split'>,
): string {
  const { config, preprocess, dataDigest, split, labelsDigest } = run
  return createHash('sha256')
    .update(JSON.stringify([config, preprocess, dataDigest, split, ...(labelsDigest ? [labelsDigest] : [])]))
    .digest('hex')
}

export function codeVersion(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    const changes = git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      '..',
      '../../core',
      '../../codecs',
    )
    return git('rev-parse', 'HEAD') + (changes ? '+changes' : '')
  } catch {
    return 'unknown (no git)'
  }
}
