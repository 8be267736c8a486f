import type { Estimate } from '@detl/core/model/manifest'
import type { ImageRecord } from '../data/record.ts'
import { type FoldPredictions, SHORTCUT_TITLES, type ShortcutScores } from '../scores/files.ts'
import { type Scored, scored } from '../scores/predictions.ts'
import { rowOf, summarise } from './figures.ts'
import type { MemberFigures, ShortcutFigures, Summary } from './report.ts'

type Records = ReadonlyMap<string, ImageRecord>

/** Each shortcut's figures, and last those of the network itself without lungs to look at. */
export const shortcutsFigures = (
  scores: readonly ShortcutScores[],
  folds: readonly FoldPredictions[],
  records: Records,
  seed: number,
): ShortcutFigures[] => [
  ...scores.map((s) => shortcutFigures(s, records, seed)),
  ownFigures(
    'network-without-lungs',
    'this network itself, shown the images with the lungs blanked',
    scored(folds, 'blanked', records),
    seed,
  ),
]

function ownFigures(name: string, title: string, images: readonly Scored[], seed: number): ShortcutFigures {
  const figures = summarise(images.map(rowOf), seed)
  const covid = figures.classes.find((c) => c.label === 'covid19')
  if (!covid) throw new Error('no COVID image among the predictions')
  const { accuracy, balancedAccuracy } = figures
  return { name, title, accuracy, balancedAccuracy, covidAuc: covid.auc }
}

function shortcutFigures(s: ShortcutScores, records: Records, seed: number): ShortcutFigures {
  const images = s.files.map((file, i): Scored => {
    const probabilities = s.probabilities[i]!
    const predicted = probabilities.indexOf(Math.max(...probabilities))
    return {
      file,
      record: records.get(file)!,
      fold: 0,
      truth: s.truth[i]!,
      logits: [],
      probabilities,
      predicted,
    }
  })
  return ownFigures(s.kind, SHORTCUT_TITLES[s.kind], images, seed)
}

/**
 * What a reader must know before any figure. Close is: within the width of the network's own interval.
 */
export function headline(
  model: Summary,
  shortcuts: readonly ShortcutFigures[],
  members: MemberFigures | undefined,
): string {
  const covid = model.classes.find((c) => c.label === 'covid19')!.auc
  const percent = (e: Estimate) =>
    `${(100 * e.value).toFixed(1)} % (${(100 * e.low).toFixed(1)}–${(100 * e.high).toFixed(1)})`
  const best = shortcuts.reduce((a, b) => (b.covidAuc.value > a.covidAuc.value ? b : a))
  const ensemble = members
    ? `, by ${members.members} networks a fold together; one alone reaches ${(100 * members.balancedAccuracy.mean).toFixed(1)} %`
    : ''
  const own = `Balanced accuracy ${percent(model.balancedAccuracy)} over four classes; COVID-19 AUC ${covid.value.toFixed(3)}${ensemble}.`
  const gap = covid.value - best.covidAuc.value
  const warning =
    gap < 0.05
      ? `A shortcut that sees no lung disease does about as well on COVID-19: ${best.title} has AUC ${best.covidAuc.value.toFixed(3)}. The network's COVID-19 figures measure the sources at least as much as the disease.`
      : `The best shortcut (${best.title}) has COVID-19 AUC ${best.covidAuc.value.toFixed(3)}.`
  return `${own} ${warning}`
}
