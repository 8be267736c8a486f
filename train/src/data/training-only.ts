import type { ImageRecord } from './record.ts'
import { leftOutSource, type Split, sealed } from './split-file.ts'

/**
 * Adds the images that are for training only: one with a class of Data-B to the training part of each fold, one with a class of
 * Data-A alone to pretraining. None is added where its group or its content is validated or tested, or is external, and none of a
 * source that the protocol leaves out. The paper's protocol keeps the paper's counts.
 * @param all every image of the data, those that are left out with their reason too
 */
export function withTrainingOnly(split: Split, all: readonly ImageRecord[]): Split {
  const leftOut = { ...split.leftOut }
  const count = (why: string, n: number) => {
    if (n > 0) leftOut[why] = (leftOut[why] ?? 0) + n
  }
  for (const r of all) if (r.leftOut !== undefined) count(r.leftOut, 1)

  const extra = all.filter(
    (r) =>
      r.trainingOnly &&
      r.leftOut === undefined &&
      (r.classA ?? r.classB) !== undefined &&
      r.dataset !== leftOutSource(split.protocol),
  )
  if (extra.length === 0) return resealed({ ...split, leftOut })
  if (split.protocol === 'paper') {
    count('training only, beyond the paper’s counts', extra.length)
    return resealed({ ...split, leftOut })
  }
  const byFile = new Map(all.map((r) => [r.file, r]))
  const used = new Set<string>()
  const apartFrom = (extra: readonly ImageRecord[], ...held: readonly string[][]): string[] => {
    const images = held.flat().map((file) => byFile.get(file)!)
    const groups = new Set(images.map((r) => r.group))
    const contents = new Set(images.map((r) => r.sha256))
    const apart = extra.filter((r) => !groups.has(r.group) && !contents.has(r.sha256))
    for (const r of apart) used.add(r.file)
    return apart.map((r) => r.file)
  }
  const added = (list: readonly string[], more: readonly string[]) => [...list, ...more].sort()

  const { pretrain, external } = split
  const tested = split.folds.map((fold) => fold.test)
  const forA = extra.filter((r) => r.classB === undefined)
  const forB = extra.filter((r) => r.classB !== undefined)
  const next = {
    ...split,
    pretrain: {
      ...pretrain,
      train: added(pretrain.train, apartFrom(forA, pretrain.validation, external, ...tested)),
    },
    folds: split.folds.map((fold) => ({
      ...fold,
      train: added(fold.train, apartFrom(forB, fold.validation, fold.test, external)),
    })),
  }
  count('training only, shares a group or its content with what is tested', extra.length - used.size)
  return resealed({ ...next, leftOut })
}

const resealed = ({ digest: _, ...split }: Split): Split => sealed(split)
