import { LABELS } from '@detl/core/model/labels'
import type { Estimate } from '@detl/core/model/manifest'
import type { Report } from './report.ts'
import { escapeHtml, matrixPlot, unitPlot } from './svg.ts'

const COLOURS = ['#2a6f4e', '#7a5ea8', '#c46a1b', '#b3243c'] // told apart in grey and by most colour-blind readers

const percent = (v: number): string => (Number.isFinite(v) ? `${(100 * v).toFixed(1)} %` : '–')
const withInterval = (e: Estimate): string =>
  `${percent(e.value)} <small>${percent(e.low)}–${percent(e.high)}</small>`
const decimal = (e: Estimate): string =>
  `${e.value.toFixed(3)} <small>${e.low.toFixed(3)}–${e.high.toFixed(3)}</small>`

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = (tag: string, row: readonly (string | number)[]) =>
    row.map((c) => `<${tag}>${c}</${tag}>`).join('')
  return `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((r) => `<tr>${cells('td', r)}</tr>`).join('')}</tbody></table>`
}

/** One file without scripts, fonts or links to elsewhere. */
export function renderReport(report: Report): string {
  const { run, model } = report
  const title = `${run.config.name}, S = ${run.config.size}, protocol ${run.split.protocol}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
table{border-collapse:collapse;margin:.6rem 0 1.4rem}th,td{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
small{color:#555}figure{display:inline-block;width:24rem;max-width:100%;margin:0 1rem 1rem 0;break-inside:avoid}figcaption{font-size:.85rem;color:#444}
svg text{font-size:12px}.field{fill:none;stroke:#999}.diagonal{stroke:#bbb;stroke-dasharray:4 4}.headline{border-left:4px solid #b3243c;padding:.4rem 1rem;background:#faf2f3}
@media print{body{margin:0;max-width:none}table,figure{break-inside:avoid}}
</style></head><body>
<h1>Evaluation: ${escapeHtml(title)}</h1>
<p class="headline">${escapeHtml(report.headline)}</p>
<p>${report.images.test} held-out images of ${report.images.groups} groups in ${report.images.folds} folds; 95 % intervals throughout. Not a medical device; no figure here is a diagnostic performance in practice.</p>
${models(report)}
<h2>Classes</h2>
${table(
  [
    'class',
    'n',
    'sensitivity',
    'specificity',
    'AUC (DeLong)',
    'AUC (bootstrap by group)',
    'PPV / NPV at 1 %, 5 %, 20 % prevalence',
  ],
  model.classes.map((c) => [
    c.label,
    c.n,
    withInterval(c.sensitivity),
    withInterval(c.specificity),
    decimal(c.auc),
    decimal(c.aucByGroup),
    c.predictiveValues.map((p) => `${percent(p.ppv)} / ${percent(p.npv)}`).join('<br>'),
  ]),
)}
${plots(report)}
<h2>Folds</h2>
${table(
  ['fold', 'images', 'accuracy', 'balanced accuracy', 'temperature'],
  report.folds.map((f) => [
    f.fold,
    f.n,
    percent(f.accuracy),
    percent(f.balancedAccuracy),
    f.temperature.toFixed(2),
  ]),
)}
<p>Accuracy ${percent(report.foldAccuracy.mean)} ± ${percent(report.foldAccuracy.sd)} (mean ± standard deviation over folds).</p>
<h2>Calibration</h2>
<p>Expected calibration error ${percent(report.calibration.ece)} (before temperature scaling: ${percent(report.calibration.eceUncalibrated)}); Brier score ${report.calibration.brier.toFixed(3)} (0 to 2). Temperatures are fitted on the validation part of each fold.</p>
${operating(report)}
${localisation(report)}
<h2>Subgroups</h2>
${table(
  ['by', 'value', 'n', 'accuracy', 'COVID-19 AUC'],
  report.subgroups.map((s) => [
    s.by,
    escapeHtml(s.value),
    s.n,
    withInterval(s.accuracy),
    Number.isFinite(s.covidAuc) ? s.covidAuc.toFixed(3) : '–',
  ]),
)}
${external(report)}
<h2>Run</h2>
<pre>${escapeHtml(JSON.stringify(run, null, 1))}</pre>
</body></html>
`
}

function models(report: Report): string {
  const covid = report.model.classes.find((c) => c.label === 'covid19')!
  const own = [
    '<b>the network</b>',
    withInterval(report.model.accuracy),
    withInterval(report.model.balancedAccuracy),
    decimal(covid.auc),
  ]
  const shortcuts = report.shortcuts.map((s) => [
    escapeHtml(s.title),
    withInterval(s.accuracy),
    withInterval(s.balancedAccuracy),
    decimal(s.covidAuc),
  ])
  const counterTest = report.covidAgainstPneumonia.map(
    (c) =>
      `<p>COVID-19 against pneumonia within the source “${escapeHtml(c.source)}” (${c.covid} and ${c.pneumonia} images), where the source tells nothing: AUC ${decimal(c.auc)}; by group ${decimal(c.aucByGroup)}.</p>`,
  )
  return `<h2>The network beside shortcuts</h2>
<p>Forests on features that hold no disease, trained and tested on the same folds. A network that does no better than they do may have learnt no more than they have.</p>
${table(['', 'accuracy', 'balanced accuracy', 'COVID-19 AUC'], [own, ...shortcuts])}${counterTest.join('')}`
}

function plots(report: Report): string {
  const roc = LABELS.map((label, i) => ({
    name: label,
    points: report.roc[label] ?? [],
    colour: COLOURS[i]!,
  }))
  const bins = report.calibration.bins
    .filter((b) => b.count > 0)
    .map((b) => ({ x: b.confidence, y: b.accuracy }))
  return (
    matrixPlot('Confusion matrix', LABELS, report.model.confusion) +
    unitPlot('ROC, each class against the rest', 'false positive rate', 'true positive rate', roc) +
    unitPlot(
      'Reliability',
      'confidence',
      'accuracy',
      [{ name: 'calibrated', points: bins, colour: COLOURS[0]! }],
      true,
    )
  )
}

function operating(report: Report): string {
  const rows = Object.entries(report.operatingPoints).flatMap(([label, points]) =>
    Object.entries(points).map(([name, p]) => [
      label,
      name,
      p.threshold.toFixed(3),
      withInterval(p.sensitivity),
      withInterval(p.specificity),
    ]),
  )
  return `<h2>Operating points</h2><p>Chosen on validation data, measured on held-out data.</p>${table(['class', 'point', 'threshold', 'sensitivity', 'specificity'], rows)}`
}

function localisation({ localisation: l }: Report): string {
  if (!l) return ''
  const pointing = l.boxesOf.map((label, i) => {
    const p = l.pointing[i]!
    return [
      label,
      p.model.n,
      withInterval(p.model),
      withInterval(p.centre),
      percent(p.random),
      p.iou.toFixed(3),
    ]
  })
  const lesions = l.lesions
    ? `<p>Lesion masks (${l.lesions.n}): maximum inside ${withInterval(l.lesions.hit)}, centre of the image inside ${withInterval(l.lesions.centre)}; energy inside ${percent(l.lesions.energy)}, uniform map ${percent(l.lesions.uniform)}; IoU ${l.lesions.iou.toFixed(3)}.</p>`
    : ''
  const lungs = l.lungs
    ? `<p>Energy of the map inside the lungs (${l.lungs.n} masks): ${percent(l.lungs.energy)}; a uniform map: ${percent(l.lungs.uniform)}.</p>`
    : ''
  return `<h2>Localisation</h2><p>Grad-CAM of the true class. Pointing game: the map's maximum in a radiologist's box.</p>
${table(['images', 'n', 'Grad-CAM', 'always the centre', 'at random', 'IoU'], pointing)}${lesions}${lungs}<p>Maps without evidence: ${withInterval(l.empty)}.</p>`
}

function external({ external: e }: Report): string {
  if (!e) return ''
  return `<h2>External images</h2><p>${e.n} images of a source that no part of training or selection has seen, scored by the mean of the folds' models: accuracy ${withInterval(e.accuracy)}.</p>
${table(
  ['class', 'n', 'sensitivity'],
  e.classes.map((c) => [c.label, c.n, withInterval(c.sensitivity)]),
)}${matrixPlot('External images', LABELS, e.confusion)}`
}
