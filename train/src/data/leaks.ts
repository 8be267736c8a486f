import type { ImageRecord } from './record.ts'
import type { Split } from './split-file.ts'

/** A way in which a test image, or its patient, was seen in training. */
export type Leak = {
  kind: 'group' | 'content' | 'data-a' | 'training-only'
  where: string
  example: string
  count: number
}

/** Looks at the finished lists, knowing nothing of how they were made. */
export function findLeaks(split: Split, records: readonly ImageRecord[]): Leak[] {
  const byFile = new Map(records.map((r) => [r.file, r]))
  const of = (files: readonly string[]): ImageRecord[] =>
    files.map((f) => {
      const record = byFile.get(f)
      if (!record) throw new Error(`the split names ${f}, which the data do not have`)
      return record
    })
  const shared = (
    kind: Leak['kind'],
    where: string,
    a: ImageRecord[],
    b: ImageRecord[],
    key: (r: ImageRecord) => string,
  ): Leak[] => {
    const seen = new Set(a.map(key))
    const both = b.filter((r) => seen.has(key(r)))
    return both.length > 0 ? [{ kind, where, example: key(both[0]!), count: both.length }] : []
  }
  const group = (r: ImageRecord) => r.group
  const content = (r: ImageRecord) => r.sha256

  const leaks: Leak[] = []
  const compare = (
    where: string,
    a: readonly string[],
    b: readonly string[],
    kind: 'group' | 'data-a' = 'group',
  ) => {
    leaks.push(
      ...shared(kind, where, of(a), of(b), group),
      ...shared('content', where, of(a), of(b), content),
    )
  }
  const pretrain = [...split.pretrain.train, ...split.pretrain.validation]
  compare('pretrain: training ∩ validation', split.pretrain.train, split.pretrain.validation)
  for (const [k, fold] of split.folds.entries()) {
    compare(`fold ${k}: training ∩ test`, fold.train, fold.test)
    compare(`fold ${k}: training ∩ validation`, fold.train, fold.validation)
    compare(`fold ${k}: validation ∩ test`, fold.validation, fold.test)
  }
  compare(
    'Data-A ∩ Data-B',
    pretrain,
    split.folds.flatMap((f) => f.test),
    'data-a',
  )
  compare(
    'training ∩ external',
    [...pretrain, ...split.folds.flatMap((f) => [...f.train, ...f.test])],
    split.external,
  )
  const held = { 'Data-A': split.pretrain.validation, external: split.external }
  const heldOfFolds = split.folds.map((f, k) => [`fold ${k}`, [...f.validation, ...f.test]] as const)
  for (const [where, list] of [...Object.entries(held), ...heldOfFolds]) {
    const wrong = of(list).filter((r) => r.trainingOnly)
    if (wrong.length > 0)
      leaks.push({ kind: 'training-only', where, example: wrong[0]!.file, count: wrong.length })
  }
  return leaks
}

/** @throws with every leak, unless the protocol is the paper's, whose leak by patient is what it shows. */
export function checkLeaks(split: Split, records: readonly ImageRecord[]): Leak[] {
  const leaks = findLeaks(split, records)
  const serious = leaks.filter((l) => split.protocol !== 'paper' || l.kind !== 'group')
  if (serious.length > 0) throw new Error(`the split leaks:\n${serious.map(leakText).join('\n')}`)
  return leaks
}

/** A leak in a line. */
export const leakText = ({ kind, where, count, example }: Leak): string =>
  kind === 'training-only'
    ? `${where}: ${count} images that are for training only are validated or tested on, for example ${example}`
    : `${where}: ${count} images share a ${kind}, for example ${example}${kind === 'content' ? ' (SHA-256): give files with the same bytes one group_id; `detl data check` names them' : ''}`
