import type { Estimate } from '@detl/core/model/manifest'
import type * as tfl from '@tensorflow/tfjs-layers'
import type { LabelledImages } from '../data/batches.ts'
import { rngOf } from '../rng.ts'
import { mean, newcombeAuc, wilson } from './intervals.ts'
import { auc } from './metrics.ts'
import { distances, fitOutOfDistribution, hiddenActivations, type OutOfDistribution } from './ood.ts'
import { OUTLIERS, outliers } from './outliers.ts'
import { type OutlierSets, unlabelled } from './real-outliers.ts'

/** Distances as multiples of the fold's threshold, which makes folds comparable: above 1 is refused. */
export type OutlierScores = {
  inside: number[]
  kinds: { kind: string; made: boolean; ids: string[]; scores: number[] }[]
  absent: { kind: string; reason: string }[]
}

export type OutlierFigures = {
  /** Held-out frontal chest X-rays of the known sources, and how many of them are refused. */
  inside: Estimate
  kinds: {
    kind: string
    /** Made from held-out images or from nothing, not found. */
    made: boolean
    n: number
    /** Of the distance, against the held-out images; interval by Newcombe 2006. */
    auc: Estimate
    refused: Estimate
  }[]
  absent: { kind: string; reason: string }[]
}

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
  const external = await scoresOf(parts.external)
  if (external.length > 0) {
    const ids = Array.from(parts.external.indices, String)
    kinds.push({ kind: 'frontal chests of a source never seen', made: false, ids, scores: external })
  }
  return { ood, scores: { inside: await scoresOf(parts.test), kinds, absent: real.absent } }
}

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

/** Every k-th image: files are in order of their source. */
function spread(set: LabelledImages, count: number): LabelledImages {
  const step = Math.max(1, Math.floor(set.labels.length / count))
  const chosen = [...set.labels.keys()].filter((i) => i % step === 0).slice(0, count)
  return {
    ...set,
    indices: Int32Array.from(chosen, (i) => set.indices[i]!),
    labels: Int32Array.from(chosen, (i) => set.labels[i]!),
    weights: Float32Array.from(chosen, (i) => set.weights[i]!),
  }
}
