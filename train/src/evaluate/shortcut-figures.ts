import { type ClassList, focusOf } from '@detl/core/model/class-list'
import { classNameIn } from '@detl/core/model/classes'
import type { Estimate } from '@detl/core/model/manifest'
import type { LabelledRecords } from '../data/truth.ts'
import { type FoldPredictions, SHORTCUT_TITLES, type ShortcutScores } from '../scores/files.ts'
import { type Scored, scored, scoredOf } from '../scores/predictions.ts'
import { rowOf, summarise } from './figures.ts'
import type { MemberFigures, ShortcutFigures, Summary } from './report.ts'

/** Each shortcut's figures, and last those of the network itself without lungs to look at. */
export const shortcutsFigures = (
  scores: readonly ShortcutScores[],
  folds: readonly FoldPredictions[],
  records: LabelledRecords,
  seed: number,
): ShortcutFigures[] => [
  ...scores.map((s) => shortcutFigures(s, records, seed)),
  ownFigures(
    'network-without-lungs',
    'this network itself, shown the images with the lungs blanked',
    scored(folds, 'blanked', records),
    records.list,
    seed,
  ),
]

function ownFigures(
  name: string,
  title: string,
  images: readonly Scored[],
  list: ClassList,
  seed: number,
): ShortcutFigures {
  const figures = summarise(images.map(rowOf), list, seed)
  const { id } = focusOf(list)
  const focus = figures.classes.find((c) => c.label === id)
  if (!focus) throw new Error(`no image of ${id} among the predictions`)
  const { accuracy, balancedAccuracy } = figures
  return { name, title, accuracy, balancedAccuracy, focusAuc: focus.auc }
}

function shortcutFigures(s: ShortcutScores, records: LabelledRecords, seed: number): ShortcutFigures {
  const images = s.files.map((file, i) =>
    scoredOf(file, records, { fold: 0, logits: [], probabilities: s.probabilities[i]! }),
  )
  return ownFigures(s.kind, SHORTCUT_TITLES[s.kind], images, records.list, seed)
}

/**
 * What a reader must know before any figure. Close is: within the width of the network's own interval.
 */
export function headline(
  model: Summary,
  list: ClassList,
  shortcuts: readonly ShortcutFigures[],
  members: MemberFigures | undefined,
): string {
  const focus = focusOf(list)
  const name = classNameIn(focus, 'en')
  const { auc } = model.classes.find((c) => c.label === focus.id)!
  const percent = (e: Estimate) =>
    `${(100 * e.value).toFixed(1)} % (${(100 * e.low).toFixed(1)}–${(100 * e.high).toFixed(1)})`
  const best = shortcuts.reduce((a, b) => (b.focusAuc.value > a.focusAuc.value ? b : a))
  const ensemble = members
    ? `, by ${members.members} networks a fold together; one alone reaches ${(100 * members.balancedAccuracy.mean).toFixed(1)} %`
    : ''
  const own = `Balanced accuracy ${percent(model.balancedAccuracy)} over ${list.classes.length} classes; ${name} AUC ${auc.value.toFixed(3)}${ensemble}.`
  const gap = auc.value - best.focusAuc.value
  const warning =
    gap < 0.05
      ? `A shortcut that sees no lung disease does about as well on ${name}: ${best.title} has AUC ${best.focusAuc.value.toFixed(3)}. The network's figures of ${name} measure the sources at least as much as the disease.`
      : `The best shortcut (${best.title}) has ${name} AUC ${best.focusAuc.value.toFixed(3)}.`
  return `${own} ${warning}`
}
