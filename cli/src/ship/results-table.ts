import type { Report } from '@detl/train/evaluate/report'
import { show, table } from './markdown.ts'

/** Basu, Mitra & Saha 2020, abstract: mean and standard deviation over the folds. */
const PAPER = { accuracy: '95.3 % ± 0.02', method: 'the paper, on its own images, as published' }

/**
 * Both protocols beside the paper's figure, with what cannot see lung disease in the same table.
 * @param reports of `detl train crossval --protocol paper` and `--protocol grouped`
 */
export function resultsTable({ paper, grouped }: { paper: Report; grouped: Report }): string {
  const shortcuts = grouped.shortcuts.map((s) => {
    const same = paper.shortcuts.find((p) => p.name === s.name)
    if (!same) throw new Error(`the report of the protocol "paper" lacks the shortcut ${s.name}`)
    return [
      s.title,
      show(same.accuracy),
      show(same.balancedAccuracy),
      show(s.accuracy),
      show(s.balancedAccuracy),
    ]
  })
  const overFolds = ({ foldAccuracy: { mean, sd } }: Report) =>
    `**${(100 * mean).toFixed(1)} % ± ${(100 * sd).toFixed(1)}**`
  return table(
    [
      'input',
      `\`paper\`: ${paper.images.test} images, folds by image: accuracy`,
      'balanced',
      `\`grouped\`: ${grouped.images.test} images, folds by patient and look-alike: accuracy`,
      'balanced',
    ],
    [
      [PAPER.method, PAPER.accuracy, '–', '–', '–'],
      [
        `**this network**, mean ± sd of ${grouped.images.folds} folds`,
        overFolds(paper),
        show(paper.model.balancedAccuracy),
        overFolds(grouped),
        show(grouped.model.balancedAccuracy),
      ],
      ...shortcuts,
    ],
  )
}

if (import.meta.main) {
  const { readFileSync } = await import('node:fs')
  const read = (path: string | undefined) => JSON.parse(readFileSync(path ?? '', 'utf8')) as Report
  console.log(resultsTable({ paper: read(process.argv[2]), grouped: read(process.argv[3]) }))
}
