import type { Estimate } from '@detl/core/model/manifest'
import type { GalleryCase } from '../scores/files.ts'
import { galleryCards } from './gallery-html.ts'
import { escapeHtml, page, percent, section } from './html.ts'
import type { Report } from './report.ts'
import {
  calibration,
  classes,
  confusion,
  focusName,
  folds,
  rocs,
  subgroupTable,
  training,
} from './report-figures.ts'
import {
  counterTests,
  external,
  leftOut,
  localisation,
  operating,
  outOfDistribution,
  pretraining,
  selective,
  shortcuts,
} from './report-tests.ts'

/** Maps of right and wrong cases; the page shows no image of the data set. */
export type Gallery = { cases: readonly GalleryCase[]; rule: string }

/** The whole report as one file without scripts, fonts or links to elsewhere. It holds no image of the data set. */
export function renderReport(report: Report, gallery: Gallery): string {
  const { run } = report
  const title = `${run.config.name}, S = ${run.config.size}, protocol ${run.split.protocol}`
  const parts: [string, string, string][] = [
    ['shortcuts', 'The network beside shortcuts', shortcuts(report)],
    ['counter-tests', 'Within one source', counterTests(report)],
    ['left-out', 'Sources never trained on', leftOut(report)],
    ['external', 'External images', external(report)],
    ['classes', 'Classes', classes(report)],
    ['confusion', 'Confusion and calibration', confusion(report) + calibration(report)],
    ['roc', 'ROC curves', rocs(report)],
    ['operating-points', 'Operating points', operating(report)],
    ['selective', 'Where it is sure', selective(report)],
    ['folds', 'Folds', folds(report)],
    ['pretraining', 'What pretraining is worth', pretraining(report)],
    ['localisation', 'Localisation', localisation(report)],
    ['gallery', 'Where it looked', galleryPart(gallery, report)],
    ['ood', 'Inputs that are no frontal chest X-ray', outOfDistribution(report)],
    ['subgroups', 'Subgroups', subgroupTable(report)],
    ['training', 'Training', training(report)],
    ['run', 'Run', `<pre>${escapeHtml(JSON.stringify(run, null, 1))}</pre>`],
  ]
  const present = parts.filter(([, , body]) => body !== '')
  return page(
    title,
    `<h1>Evaluation</h1><p class="soft">${escapeHtml(title)}</p>
<p class="headline">${escapeHtml(report.headline)}</p>
${cards(report)}
<p>${report.images.test} held-out images of ${report.images.groups} groups (patients, case pages, near-duplicates) in ${report.images.folds} ${report.images.folds === 1 ? 'fold' : 'folds'}; 95 % intervals throughout. What was said of each image is in predictions.csv. Not a medical device; no figure here is a diagnostic performance in practice.</p>
<nav>${present.map(([id, name]) => `<a href="#${id}">${name}</a>`).join('')}</nav>
${present.map(([id, name, body]) => section(id, name, body)).join('\n')}`,
  )
}

function cards(report: Report): string {
  const focus = report.model.classes.find((c) => c.label === report.focus)!.aucByGroup
  const pair = report.counterTests[0]
  const interval = (e: Estimate, show: (v: number) => string) => `${show(e.low)} – ${show(e.high)}`
  const three = (v: number) => v.toFixed(3)
  const { balancedAccuracy } = report.model
  const all: [string, string, string][] = [
    [
      percent(balancedAccuracy.value),
      `balanced accuracy, ${report.classes.classes.length} classes`,
      interval(balancedAccuracy, percent),
    ],
    [
      percent(report.foldAccuracy.mean),
      report.images.folds > 1 ? 'accuracy, mean over folds' : 'accuracy',
      report.images.folds > 1
        ? `± ${percent(report.foldAccuracy.sd)} over folds`
        : interval(report.model.accuracy, percent),
    ],
    [three(focus.value), `${focusName(report)} AUC, all sources`, interval(focus, three)],
    ...(pair && Number.isFinite(pair.aucByGroup.value)
      ? [
          [
            three(pair.aucByGroup.value),
            `${pair.focus.label} against ${pair.against.label}, ${pair.source} only`,
            interval(pair.aucByGroup, three),
          ] as [string, string, string],
        ]
      : []),
    [
      percent(report.calibration.ece.value),
      'expected calibration error',
      interval(report.calibration.ece, percent),
    ],
  ]
  return `<div class="cards">${all.map(([value, name, range]) => `<div><b>${value}</b><span>${escapeHtml(name)}</span><span>${range}</span></div>`).join('')}</div>`
}

const galleryPart = ({ cases, rule }: Gallery, { classes: list }: Report): string =>
  cases.length > 0
    ? `<p>Grad-CAM of the class that was said and, where that is wrong, of the true one; black is no evidence. Each map is drawn to its own maximum; below it stands what that is beside the hottest class’s. Boxes are radiologists’. ${escapeHtml(rule)} The X-rays themselves are not shown: their licences differ. <code>gallery.html</code>, drawn where the data are, lays the maps over them.</p>${galleryCards(cases, list, false)}`
    : ''
