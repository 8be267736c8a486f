import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { checkTextSize } from '@detl/core/base/text-size'

/**
 * - `grouped`: all usable images, folds by group. The honest one.
 * - `paper`: the paper's counts, folds by image.
 * - `without-SOURCE`: one fold; trained without any image of the source and tested on all of it.
 */
export type Protocol = 'grouped' | 'paper' | `without-${string}`

/** Lists of `ImageRecord.file`. */
export type Fold = { train: string[]; validation: string[]; test: string[] }

/** split.json */
export type Split = {
  protocol: Protocol
  seed: number
  /** Data-A, for pretraining. */
  pretrain: { train: string[]; validation: string[] }
  /** Data-B. */
  folds: Fold[]
  /** Seen by no part of training or selection. */
  external: string[]
  /** Why images were left out, with their number. */
  leftOut: Record<string, number>
  /** sha256 over all of the above. */
  digest: string
}

/** Of a run's folder. @throws where a list was changed: another split would train on what another fold tests */
export function readSplit(dir: string): Split {
  const path = join(dir, 'split.json')
  if (!existsSync(path)) throw new Error(`${dir} is not the folder of a run: it has no split.json`)
  checkTextSize(statSync(path).size, path)
  const split = JSON.parse(readFileSync(path, 'utf8')) as Split
  const { digest, ...lists } = split
  if (digest !== splitDigest(lists))
    throw new Error(`${path} is damaged: its lists are not those that its digest names. Start another run`)
  return split
}

const splitDigest = (split: Omit<Split, 'digest'>): string =>
  createHash('sha256').update(JSON.stringify(split)).digest('hex')

export const sealed = (split: Omit<Split, 'digest'>): Split => ({ ...split, digest: splitDigest(split) })

/** The split of the run in `dir`, if there is a run. @throws if it is of another protocol or seed */
export function savedSplit(dir: string, protocol: Protocol, seed: number): Split | undefined {
  if (!existsSync(join(dir, 'split.json'))) return undefined
  const split = readSplit(dir)
  if (split.protocol === protocol && split.seed === seed) return split
  throw new Error(
    `${dir}/split.json is of protocol ${split.protocol}, seed ${split.seed}: choose another folder`,
  )
}

/** The source that a protocol leaves out of training. */
export const leftOutSource = (protocol: Protocol): string | undefined => /^without-(.+)$/.exec(protocol)?.[1]
