import type { Estimate } from '@detl/core/model/manifest'
import type { Report } from '@detl/train/evaluate/report'
import { show, table } from './markdown.ts'
import { focusAuc } from './model-card.ts'

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

/**
 * What the README shows: the paper's own figure and what its recipe, to the letter, comes to here; the shipped models, each by its own report; and beside either what the file's
 * metadata alone say of the same images.
 * @param letter the report of `--config paper --protocol paper`
 */
export function summaryTable(shipped: readonly Report[], letter: Report): string {
  const rows = shipped.map((report) => {
    const { architecture, size } = report.run.config
    const name = `${architecture === 'detl12' ? 'the paper’s network, `detl' : 'MobileNetV2, `mobilenet-v2'}-${size}\``
    return summaryRow(name, report)
  })
  const { size } = letter.run.config
  return table(
    ['', 'held-out X-rays', 'accuracy', 'balanced accuracy', 'COVID-19 AUC'],
    [
      [PAPER.method, '5 folds by image', PAPER.accuracy, '–', '–'],
      summaryRow(`the paper to the letter, ${size} × ${size}: \`--config paper --protocol paper\``, letter),
      metadataRow(letter),
      ...rows,
      metadataRow(shipped.at(-1)!),
    ],
  )
}

type Scored = Pick<Report['model'], 'accuracy' | 'balancedAccuracy'> & { readonly focusAuc: Estimate }

function summaryRow(
  name: string,
  report: Report,
  of: Scored = { ...report.model, focusAuc: focusAuc(report) },
): string[] {
  const { test, folds } = report.images
  const by = report.run.split.protocol === 'paper' ? 'image' : 'patient'
  return [
    name,
    `${test}, ${folds === 1 ? '1 fold' : `${folds} folds`} by ${by}`,
    show(of.accuracy),
    show(of.balancedAccuracy),
    show(of.focusAuc),
  ]
}

function metadataRow(report: Report): string[] {
  const metadata = report.shortcuts.find((s) => s.name === 'metadata')
  if (!metadata) throw new Error('the report lacks the shortcut "metadata"')
  return summaryRow('– the same images, no lung at all: file metadata only', report, metadata)
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
