import type { Split } from './split-file.ts'
import type { LabelledRecords } from './truth.ts'

const PARTS = { train: 'trains on', validation: 'validates on', test: 'tests on' } as const

/**
 * Looks before a training of hours whether its report can be made: each part of each fold must have images of every class.
 * @throws naming the part and the class; also where there is no such fold
 */
export function checkFolds(
  { split, byFile }: { split: Split; byFile: LabelledRecords },
  folds: readonly number[],
): void {
  for (const k of folds) {
    const fold = split.folds[k]
    if (!fold) throw new Error(`fold ${k}: there are ${split.folds.length}, counted from 0`)
    for (const [part, does] of Object.entries(PARTS) as [keyof typeof PARTS, string][]) {
      const truths = fold[part].map((file) => byFile.truthOf(file))
      const missing = byFile.ids.filter((_, c) => !truths.some((truth) => truth[c] === 1))
      if (missing.length > 0)
        throw new Error(
          `fold ${k} ${does} no image of ${missing.join(', ')}: a class needs images of 7 patients at least. \`detl data check\` counts them; leave the class out of the labels, or find more`,
        )
    }
  }
}
