import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Protocol } from '../config.ts'

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

/** Of a run's folder. */
export const readSplit = (dir: string): Split =>
  JSON.parse(readFileSync(join(dir, 'split.json'), 'utf8')) as Split

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
