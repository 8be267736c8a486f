import type { OutlierScores } from '../scores/files.ts'
import { mean } from '../statistics.ts'
import { newcombeAuc, wilson } from './intervals.ts'
import { auc } from './metrics.ts'
import type { OutlierFigures } from './report.ts'

/** All folds together; an image that every fold scored counts once, with the mean of its scores. */
export function outlierFigures(folds: readonly OutlierScores[]): OutlierFigures | undefined {
  const [one] = folds
  if (!one) return undefined
  const inside = folds.flatMap((f) => f.inside)
  const names = [...new Set(folds.flatMap((f) => f.kinds.map((k) => k.kind)))]
  return {
    inside: wilson(inside.filter((s) => s > 1).length, inside.length),
    kinds: names.map((kind) => {
      const of = folds.flatMap((f) => f.kinds.filter((k) => k.kind === kind))
      const byImage = new Map<string, number[]>()
      for (const k of of)
        for (const [i, id] of k.ids.entries()) byImage.set(id, [...(byImage.get(id) ?? []), k.scores[i]!])
      const scores = [...byImage.values()].map(mean)
      const positive = [...inside.map(() => false), ...scores.map(() => true)]
      return {
        kind,
        made: of[0]!.made,
        n: scores.length,
        auc: newcombeAuc(auc({ scores: [...inside, ...scores], positive }), scores.length, inside.length),
        refused: wilson(scores.filter((s) => s > 1).length, scores.length),
      }
    }),
    absent: one.absent,
  }
}
