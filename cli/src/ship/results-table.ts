import type { Estimate } from '@detl/core/model/manifest'
import type { Report } from '@detl/train/evaluate/report'
import { show, table } from './markdown.ts'

/** Basu, Mitra & Saha 2020, abstract: mean and standard deviation over the folds. */
const PAPER = { accuracy: '95.3 % ± 0.02', method: 'the paper, on its own images, as published' }

/** Reports of `detl train crossval --protocol paper` and `--protocol grouped`, of one network. */
export type Results = { paper: Report; grouped: Report }

/**
 * Both protocols beside the paper's figure, the paper's network beside the stronger one, and what cannot see lung disease
 * in the same table.
 */
export function resultsTable({ paper, grouped }: Results, stronger: Results): string {
  const shortcuts = grouped.shortcuts.map((s) => {
    const same = paper.shortcuts.find((p) => p.name === s.name)
    if (!same) throw new Error(`the report of the protocol "paper" lacks the shortcut ${s.name}`)
    return [
      s.title.replace('this network', 'the paper’s network'),
      show(same.accuracy),
      show(same.balancedAccuracy),
      show(s.accuracy),
      show(s.balancedAccuracy),
    ]
  })
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
      rowOf('the paper’s network', { paper, grouped }),
      rowOf('MobileNetV2', stronger),
      ...shortcuts,
    ],
  )
}

/** What the README shows: the shipped models, each by its own report, and the strongest shortcut beside them. */
export function summaryTable(shipped: readonly Report[]): string {
  const rows = shipped.map((report) => {
    const { architecture, size } = report.run.config
    const name = `${architecture === 'detl12' ? 'the paper’s network, `detl' : 'MobileNetV2, `mobilenet-v2'}-${size}\``
    return summaryRow(name, report, report.model.balancedAccuracy, focusAucOf(report))
  })
  const last = shipped.at(-1)!
  const metadata = last.shortcuts.find((s) => s.name === 'metadata')
  if (!metadata) throw new Error('the report lacks the shortcut "metadata"')
  rows.push(
    summaryRow('no lung at all: file metadata only', last, metadata.balancedAccuracy, metadata.focusAuc),
  )
  return table(['', 'X-rays of unseen patients', 'balanced accuracy', 'COVID-19 AUC'], rows)
}

const summaryRow = (name: string, { images }: Report, balanced: Estimate, focusAuc: Estimate): string[] => [
  name,
  `${images.test}, ${images.folds === 1 ? '1 fold' : `${images.folds} folds`}`,
  show(balanced),
  show(focusAuc),
]

function focusAucOf({ model, focus }: Report): Estimate {
  const found = model.classes.find(({ label }) => label === focus)
  if (!found) throw new Error(`the report has no image of ${focus}`)
  return found.auc
}

function rowOf(name: string, { paper, grouped }: Results): string[] {
  const overFolds = ({ foldAccuracy: { mean, sd } }: Report) =>
    `**${(100 * mean).toFixed(1)} % ± ${(100 * sd).toFixed(1)}**`
  const { size } = grouped.run.config
  return [
    `**${name}**, ${size} × ${size}, mean ± sd of ${grouped.images.folds} folds`,
    overFolds(paper),
    show(paper.model.balancedAccuracy),
    overFolds(grouped),
    show(grouped.model.balancedAccuracy),
  ]
}

if (import.meta.main) {
  const { readFileSync } = await import('node:fs')
  const read = (path: string | undefined) => JSON.parse(readFileSync(path ?? '', 'utf8')) as Report
  const [paper, grouped, strongerPaper, strongerGrouped] = process.argv.slice(2).map(read)
  if (!paper || !grouped || !strongerPaper || !strongerGrouped)
    throw new Error('expected the reports of the paper and grouped protocol, twice')
  console.log(resultsTable({ paper, grouped }, { paper: strongerPaper, grouped: strongerGrouped }))
}
