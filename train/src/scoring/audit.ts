import type { PixelCache } from '../data/cache.ts'
import { lossWeights } from '../data/labelled.ts'
import type { Split } from '../data/split-file.ts'
import type { LabelledRecords } from '../data/truth.ts'
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
  records: LabelledRecords,
  cache: PixelCache,
  onDone: (kind: Shortcut) => void = () => {},
): ShortcutScores[] {
  const position = new Map(cache.files.map((f, i) => [f, i]))
  return SHORTCUTS.map((kind) => {
    const out: ShortcutScores = { kind, files: [], probabilities: [] }
    const featuresOf = (file: string) =>
      shortcutFeatures(kind, cache, position.get(file)!, records.get(file)!)
    for (const k of folds) {
      const fold = split.folds[k]!
      const train = [...fold.train, ...fold.validation]
      const features = train.map(featuresOf)
      const forests = questions(train, records).map(({ labels, options, name }) => {
        const weights = lossWeights(
          labels.map((label) => ({ source: '', label })),
          'class',
        )
        const rng = rngOf(split.seed, 'forest', kind, k, ...name)
        return fitForest(features, labels, weights, options, { trees: TREES, minLeaf: MIN_LEAF, rng })
      })
      for (const file of fold.test) {
        out.files.push(file)
        const said = forests.map((forest) => [...forest.predict(featuresOf(file))])
        out.probabilities.push(forests.length === 1 ? said[0]! : said.map((pair) => pair[1]!))
      }
    }
    onDone(kind)
    return out
  })
}

/** What a forest is asked: which of the classes it is, or of independent classes of each one whether it is there. */
function questions(
  files: readonly string[],
  records: LabelledRecords,
): { labels: number[]; options: number; name: string[] }[] {
  const { list, ids } = records
  const truths = files.map((file) => records.truthOf(file))
  if (list.labelling === 'single')
    return [{ labels: truths.map((t) => t.indexOf(1)), options: ids.length, name: [] }]
  return ids.map((id, c) => ({ labels: truths.map((t) => t[c]!), options: 2, name: [id] }))
}
