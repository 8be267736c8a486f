import { focusOf, idsOf } from '@detl/core/model/class-list'
import { classNameIn } from '@detl/core/model/classes'
import { decimal, escapeHtml, percent, table, withInterval } from './html.ts'
import { curvePlot, matrixPlot, unitPlot } from './plots.ts'
import type { Report } from './report.ts'

/** Told apart in grey and by most colour-blind readers. */
const COLOURS = ['#2a6f4e', '#7a5ea8', '#b86113', '#a3202f', '#14468c']
const [TRAINING, VALIDATION, BALANCED] = ['#77828c', '#14468c', '#b86113']

/** As people read it. */
export const focusName = ({ classes }: Pick<Report, 'classes'>): string =>
  escapeHtml(classNameIn(focusOf(classes), 'en'))

export const classes = ({ model }: Report): string =>
  table(
    [
      'class',
      'n',
      'sensitivity',
      'specificity',
      'AUC (DeLong)',
      'AUC (by group)',
      'PPV / NPV at 1 %, 5 %, 20 % prevalence',
    ],
    model.classes.map((c) => [
      c.label,
      c.n,
      withInterval(c.sensitivity),
      withInterval(c.specificity),
      decimal(c.auc),
      decimal(c.aucByGroup),
      c.predictiveValues.map((p) => `${withInterval(p.ppv)} / ${withInterval(p.npv)}`).join('<br>'),
    ]),
    'Sensitivity and specificity of the most probable class (Wilson); predictive values by Bayes (Mercaldo et al. 2007); the bootstrap resamples whole groups.',
  )

export function confusion(report: Report): string {
  const bins = report.calibration.bins
    .filter((b) => b.count > 0)
    .map((b) => ({ x: b.confidence, y: b.accuracy, weight: b.count }))
  const matrix = report.model.confusion
    ? matrixPlot(
        'Confusion matrix of all folds: counts, and shares of the true class',
        idsOf(report.classes),
        report.model.confusion,
      )
    : ''
  return `<div class="plots">${matrix}${unitPlot(
    'Reliability: accuracy among images of about one confidence, after temperature scaling; larger dots are more images',
    { x: 'confidence', y: 'accuracy' },
    COLOURS[4]!,
    { dots: bins },
  )}</div>`
}

export const calibration = ({ calibration: c }: Report): string =>
  `<p>Expected calibration error ${withInterval(c.ece)} (before temperature scaling ${percent(c.eceUncalibrated)}); Brier score ${decimal(c.brier)} of 0 to 2. A resample is less even than the images themselves, so the interval of the first leans upwards. Temperatures are fitted on the validation part of each fold.</p>`

export function rocs(report: Report): string {
  const plots = report.roc.map((r, i) => {
    const auc = report.model.classes.find((c) => c.label === r.name)?.aucByGroup
    const counterTest = report.counterTests.find((c) => r.name.includes(c.source))?.aucByGroup
    const area = auc ?? counterTest
    const figures = area
      ? `: AUC ${area.value.toFixed(3)} (${area.low.toFixed(3)} – ${area.high.toFixed(3)})`
      : ''
    return unitPlot(
      `${r.name}${auc ? ' against the rest' : ''}${figures}`,
      { x: 'false positive rate', y: 'true positive rate' },
      COLOURS[i % COLOURS.length]!,
      r,
    )
  })
  return `<p>Shaded: pointwise 95 % band of the true positive rate at each false positive rate, from 500 resamples of whole groups.</p><div class="plots">${plots.join('')}</div>`
}

export function folds(report: Report): string {
  const { members } = report
  const focus = focusName(report)
  const rows = report.folds.map((f) => [
    f.fold,
    f.n,
    percent(f.accuracy),
    percent(f.balancedAccuracy),
    f.temperature.toFixed(2),
  ])
  const spread =
    report.folds.length < 2
      ? ''
      : `<p>Accuracy ${percent(report.foldAccuracy.mean)} ± ${percent(report.foldAccuracy.sd)}: mean and standard deviation over folds.</p>`
  const single = members
    ? `<h3>One network alone</h3><p>The figures of this report are those of ${members.members} networks a fold, trained from different seeds, whose logits are averaged. One of them alone reaches balanced accuracy ${percent(members.balancedAccuracy.mean)} ± ${percent(members.balancedAccuracy.sd)} and ${focus} AUC ${members.focusAuc.mean.toFixed(3)} ± ${members.focusAuc.sd.toFixed(3)} (mean ± standard deviation over the members).</p>${table(
        ['member', 'accuracy', 'balanced accuracy', `${focus} AUC`],
        members.each.map((m) => [
          m.member,
          percent(m.accuracy),
          percent(m.balancedAccuracy),
          m.focusAuc.toFixed(3),
        ]),
      )}`
    : ''
  return table(['fold', 'images', 'accuracy', 'balanced accuracy', 'temperature'], rows) + spread + single
}

export const subgroupTable = (report: Report): string =>
  table(
    ['by', 'value', 'n', 'accuracy', `${focusName(report)} AUC (by group)`],
    report.subgroups.map((s) => [
      s.by,
      escapeHtml(s.value),
      s.n,
      withInterval(s.accuracy),
      decimal(s.focusAuc),
    ]),
    `A dash: the subgroup has only ${focusName(report)} or none.`,
  )

export function training(report: Report): string {
  if (report.training.length === 0) return ''
  const plots = report.training.flatMap(({ stage, bestEpoch, epochs }) => {
    const line = (
      name: string,
      colour: string,
      value: (e: (typeof epochs)[number]) => number,
      dashed = false,
    ) => ({ name, colour, dashed, points: epochs.map((e) => ({ x: e.epoch, y: value(e) })) })
    return [
      curvePlot(
        `${stage}: loss; epoch ${bestEpoch} was kept`,
        [line('training', TRAINING, (e) => e.loss), line('validation', VALIDATION, (e) => e.validationLoss)],
        { kept: bestEpoch },
      ),
      curvePlot(
        `${stage}: accuracy`,
        [
          line('training', TRAINING, (e) => e.accuracy),
          line('validation', VALIDATION, (e) => e.validationAccuracy),
          line('balanced', BALANCED, (e) => e.balancedAccuracy, true),
        ],
        { kept: bestEpoch, range: [0, 1] },
      ),
    ]
  })
  return `<p>By epoch. The training figures are those of augmented images with dropout, so they may lie below the validation figures.</p><div class="plots">${plots.join('')}</div>`
}
