import type { ImageRecord } from './record.ts'
import type { Split } from './split-file.ts'

/** A way in which a test image, or its patient, was seen in training. */
export type Leak = { kind: 'group' | 'content' | 'data-a'; where: string; example: string; count: number }

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
  compare('training ∩ external', [...pretrain, ...split.folds.flatMap((f) => f.test)], split.external)
  return leaks
}

/** @throws with every leak, unless the protocol is the paper's, whose leak by patient is what it shows. */
export function checkLeaks(split: Split, records: readonly ImageRecord[]): Leak[] {
  const leaks = findLeaks(split, records)
  const serious = leaks.filter((l) => split.protocol !== 'paper' || l.kind !== 'group')
  if (serious.length > 0) {
    const lines = serious.map(
      (l) => `${l.where}: ${l.count} images share a ${l.kind}, for example ${l.example}`,
    )
    throw new Error(`the split leaks:\n${lines.join('\n')}`)
  }
  return leaks
}
