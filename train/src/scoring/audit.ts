import { LABELS } from '@detl/core/model/labels'
import type { PixelCache } from '../data/cache.ts'
import { lossWeights } from '../data/labelled.ts'
import type { ImageRecord } from '../data/record.ts'
import type { Split } from '../data/split-file.ts'
import { rngOf } from '../rng.ts'
import { SHORTCUTS, type Shortcut, type ShortcutScores } from '../scores/files.ts'
import { fitForest } from './forest.ts'
import { shortcutFeatures } from './shortcuts.ts'

const TREES = 150
const MIN_LEAF = 3

/** A forest on each shortcut's features, trained and tested on the very folds of the network. */
export function auditShortcuts(
  split: Split,
  folds: readonly number[],
  records: ReadonlyMap<string, ImageRecord>,
  cache: PixelCache,
  onDone: (kind: Shortcut) => void = () => {},
): ShortcutScores[] {
  const position = new Map(cache.files.map((f, i) => [f, i]))
  return SHORTCUTS.map((kind) => {
    const out: ShortcutScores = { kind, files: [], truth: [], probabilities: [] }
    const featuresOf = (file: string) =>
      shortcutFeatures(kind, cache, position.get(file)!, records.get(file)!)
    const labelOf = (file: string) => LABELS.indexOf(records.get(file)!.classB!)
    for (const k of folds) {
      const fold = split.folds[k]!
      const train = [...fold.train, ...fold.validation]
      const labels = train.map(labelOf)
      const weights = lossWeights(
        labels.map((label) => ({ source: '', label })),
        'class',
      )
      const forest = fitForest(train.map(featuresOf), labels, weights, LABELS.length, {
        trees: TREES,
        minLeaf: MIN_LEAF,
        rng: rngOf(split.seed, 'forest', kind, k),
      })
      for (const file of fold.test) {
        out.files.push(file)
        out.truth.push(labelOf(file))
        out.probabilities.push([...forest.predict(featuresOf(file))])
      }
    }
    onDone(kind)
    return out
  })
}
