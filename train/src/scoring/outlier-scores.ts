import type * as tfl from '@tensorflow/tfjs-layers'
import { type LabelledImages, subset } from '../data/images.ts'
import { rngOf } from '../rng.ts'
import type { OutlierScores } from '../scores/files.ts'
import { distances, fitOutOfDistribution, hiddenActivations, type OutOfDistribution } from './ood.ts'
import { OUTLIERS, outliers } from './outliers.ts'
import { type OutlierSets, unlabelled } from './real-outliers.ts'

const BATCH = 16
/** Of each made-up kind a fold: enough for an interval of a point or two. */
const MADE = 100

type Parts = {
  training: LabelledImages
  validation: LabelledImages
  test: LabelledImages
  external: LabelledImages
}

/** The Gaussian of a fold's model and what it says of everything that should be far from it. */
export async function scoreOutliers(
  model: tfl.LayersModel,
  parts: Parts,
  real: OutlierSets,
  keys: { seed: number; fold: number },
): Promise<{ ood: OutOfDistribution; scores: OutlierScores }> {
  const hidden = (set: LabelledImages) => hiddenActivations(model, set, BATCH)
  const training = await hidden(parts.training)
  const validation = await hidden(parts.validation)
  const ood = fitOutOfDistribution(training.values, validation.values, training.dimensions)
  const scoresOf = async (set: LabelledImages) =>
    Array.from(distances((await hidden(set)).values, ood), (d) => d / ood.threshold)
  const kinds: OutlierScores['kinds'] = []
  for (const kind of OUTLIERS) {
    const set = outliers(kind, spread(parts.test, MADE), rngOf(keys.seed, 'outliers', kind, keys.fold))
    const scores = await scoresOf(set)
    kinds.push({ kind, made: true, ids: scores.map((_, i) => `${keys.fold}/${i}`), scores })
  }
  for (const { kind, files, tensors } of real.kinds) {
    kinds.push({
      kind,
      made: false,
      ids: files,
      scores: await scoresOf(unlabelled(tensors, parts.test.size)),
    })
  }
  const sets = real.kinds.map((k) => k.kind)
  const external = await scoresOf(parts.external)
  if (external.length > 0) {
    const ids = Array.from(parts.external.indices, String)
    kinds.push({ kind: 'frontal chests of a source never seen', made: false, ids, scores: external })
  }
  return { ood, scores: { sets, inside: await scoresOf(parts.test), kinds, absent: real.absent } }
}

/** Every k-th image: files are in order of their source. */
function spread(set: LabelledImages, count: number): LabelledImages {
  const step = Math.max(1, Math.floor(set.labels.length / count))
  return subset(set, [...set.labels.keys()].filter((i) => i % step === 0).slice(0, count))
}
