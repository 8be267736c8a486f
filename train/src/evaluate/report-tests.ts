import { idsOf } from '@detl/core/model/class-list'
import { decimal, escapeHtml, percent, table, withInterval } from './html.ts'
import { intervalPlot, matrixPlot } from './plots.ts'
import type { Difference, Report } from './report.ts'
import { focusName } from './report-figures.ts'

const OWN = '#a3202f'

export function shortcuts(report: Report): string {
  const focus = report.model.classes.find((c) => c.label === report.focus)!
  const name = focusName(report)
  const chance = report.classes.labelling === 'multi' ? 0.5 : 1 / report.classes.classes.length
  const own = [
    '<b>the network</b>',
    withInterval(report.model.accuracy),
    withInterval(report.model.balancedAccuracy),
    decimal(focus.auc),
  ]
  const rows = report.shortcuts.map((s) => [
    escapeHtml(s.title),
    withInterval(s.accuracy),
    withInterval(s.balancedAccuracy),
    decimal(s.focusAuc),
  ])
  const short = (name: string) => name.replaceAll('-', ' ')
  const bars = (of: 'focusAuc' | 'balancedAccuracy') => [
    { name: 'the network', ...(of === 'focusAuc' ? focus.auc : report.model.balancedAccuracy) },
    ...report.shortcuts.map((s) => ({ name: short(s.name), ...s[of] })),
  ]
  return `<p>Forests on features that hold no disease, trained and tested on the same folds. A network that does no better than they do may have learnt no more than they have.</p>
<div class="plots">${intervalPlot(`${name} AUC`, bars('focusAuc'), [0.5, 1], OWN)}${intervalPlot(`Balanced accuracy; ${chance.toFixed(2)} is chance`, bars('balancedAccuracy'), [Math.max(0, chance - 0.05), 1], OWN)}</div>
${table(['', 'accuracy', 'balanced accuracy', `${name} AUC`], [own, ...rows])}`
}

export const counterTests = (report: Report): string =>
  report.counterTests
    .filter((c) => Number.isFinite(c.auc.value))
    .map(
      (c) =>
        `<p>${c.focus.label} against ${c.against.label} within the source “${escapeHtml(c.source)}” (${c.focus.n} and ${c.against.n} images), where the source tells nothing: AUC ${decimal(c.auc)} by DeLong, ${decimal(c.aucByGroup)} by group.</p>`,
    )
    .join('')

export function leftOut(report: Report): string {
  if (report.leftOut.length === 0) return ''
  const rows = report.leftOut.map((l) => [
    escapeHtml(l.source),
    Object.entries(l.images)
      .map(([label, n]) => `${n} ${label}`)
      .join(' + '),
    withInterval(l.recall),
    withInterval(l.recallElsewhere),
    withInterval(l.atYouden.sensitivity),
    withInterval(l.atScreening.sensitivity),
    decimal(l.counterTest?.aucByGroup),
  ])
  return `<p>For each row a network was trained without any image of the source and tested on all of them. Thresholds come from validation images of the other sources.</p>${table(
    [
      'source left out',
      'images',
      `${focusName(report)} recognised`,
      'on known sources',
      'sensitivity, Youden',
      'sensitivity, screening',
      'AUC of the counter-test',
    ],
    rows,
  )}`
}

export function external({ external: e, classes: list }: Report): string {
  if (!e) return ''
  return `<p>${e.n} images of a source that no part of training or selection has seen, scored by the mean of the folds' models: accuracy ${withInterval(e.accuracy)}.</p><div class="plots">${e.confusion ? matrixPlot('External images', idsOf(list), e.confusion) : ''}<div>${table(
    ['class', 'n', 'sensitivity'],
    e.classes.map((c) => [c.label, c.n, withInterval(c.sensitivity)]),
  )}</div></div>`
}

export function operating(report: Report): string {
  const rows = Object.entries(report.operatingPoints).flatMap(([label, points]) =>
    Object.entries(points ?? {}).map(([name, p]) => [
      label,
      name,
      p.threshold.toFixed(3),
      withInterval(p.sensitivity),
      withInterval(p.specificity),
    ]),
  )
  return `<p>Chosen on validation data, measured on held-out data. <i>balanced</i>: Youden’s; <i>screening</i>: sensitivity of at least 95 % on validation data.</p>${table(['class', 'point', 'threshold', 'sensitivity', 'specificity'], rows)}`
}

export function selective({ selective: s }: Report): string {
  if (!s) return ''
  const points = (share: number) => `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`
  const rows = s.steps.map((step) => [
    percent(step.coverage),
    step.threshold.toFixed(3),
    withInterval(step.answered),
    withInterval(step.balancedAccuracy),
    `${points(step.gain.value)} <small>${points(step.gain.low)} – ${points(step.gain.high)}</small>`,
  ])
  return `<p>Where images are left out of which the network is least sure: thresholds on the highest probability that so many validation images reach, measured on held-out images. On all of these balanced accuracy is ${withInterval(s.all)}.</p>${table(['wanted share', 'threshold', 'decided', 'balanced accuracy of these', 'points more than on all'], rows, 'All of a line by the same resamples of whole groups.')}`
}

export function pretraining({ pretraining: c, classes: list }: Report): string {
  if (!c) return ''
  const row = (name: string, d: Difference, show: (v: number) => string) => [
    name,
    show(d.a),
    show(d.b),
    `${show(d.difference)} <small>${show(d.low)} – ${show(d.high)}</small>`,
  ]
  return `<p>${escapeHtml(c.sentence)}</p>${table(
    ['', escapeHtml(c.a), escapeHtml(c.b), 'difference'],
    [
      row('balanced accuracy', c.balancedAccuracy, percent),
      row(`${focusName({ classes: list })} AUC`, c.focusAuc, (v) => v.toFixed(3)),
    ],
    `The same ${c.images} test images of folds ${c.folds.join(', ')}, compared image by image; resampled by group. The interval holds for these trainings: another seed is not in it.`,
  )}`
}

export function localisation({ localisation: l }: Report): string {
  if (!l) return ''
  const pointing = l.boxesOf.map((label, i) => {
    const p = l.pointing[i]!
    return [
      label,
      p.model.n,
      withInterval(p.model),
      withInterval(p.centre),
      withInterval(p.advantage),
      percent(p.random),
      p.iou.toFixed(3),
    ]
  })
  const lesions = l.lesions
    ? `<p>Lesion masks (${l.lesions.n}): maximum inside ${withInterval(l.lesions.hit)}, centre of the image inside ${withInterval(l.lesions.centre)}; energy inside ${percent(l.lesions.energy)}, uniform map ${percent(l.lesions.uniform)}, difference ${withInterval(l.lesions.advantage)}; IoU ${l.lesions.iou.toFixed(3)}.</p>`
    : ''
  const lungs = l.lungs
    ? `<p>Energy of the map inside the lungs (${l.lungs.n} masks): ${percent(l.lungs.energy)}; a uniform map ${percent(l.lungs.uniform)}; difference ${withInterval(l.lungs.advantage)}.</p>`
    : ''
  return `<p>Grad-CAM of the true class. Pointing game: the map's maximum in a radiologist's box, with 15 px of tolerance at 224 px.</p>
${table(['images', 'n', 'Grad-CAM', 'always the centre', 'Grad-CAM − centre', 'at random', 'IoU'], pointing)}${lesions}${lungs}<p>Maps without evidence: ${withInterval(l.empty)}.</p>`
}

export function outOfDistribution({ outOfDistribution: o }: Report): string {
  if (!o) return ''
  const rows = o.kinds.map((k) => [
    escapeHtml(k.kind) + (k.made ? ' <small>made</small>' : ''),
    k.n,
    decimal(k.auc),
    withInterval(k.refused),
  ])
  const absent = o.absent.map((a) => `${escapeHtml(a.kind)}: ${escapeHtml(a.reason)}`).join('; ')
  return `<p>Mahalanobis distance in the last hidden layer (of the first network of each fold), fitted on training images; refused is what lies further than 99 % of the validation images. Of the ${o.inside.n} held-out X-rays ${withInterval(o.inside)} are refused.</p>${table(
    ['input', 'n', 'AUC against held-out X-rays', 'refused'],
    rows,
    'Intervals of the AUC after Newcombe 2006, which stay open where few images are all told apart.',
  )}${absent && `<p class="soft">Not tested: ${absent}.</p>`}`
}
