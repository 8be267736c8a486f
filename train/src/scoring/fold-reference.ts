import { type Prediction, predictionOf, tensorStatistics } from '@detl/core/drift/prediction'
import { FEWEST_FILMS, type Reference, referenceOf } from '@detl/core/drift/reference'
import type * as tfl from '@tensorflow/tfjs-layers'
import { labelledImages } from '../data/labelled.ts'
import type { OpenRun } from '../open-run.ts'
import type { FoldPredictions } from '../scores/files.ts'
import { scored } from '../scores/predictions.ts'
import { distances, hiddenActivations, type OutOfDistribution } from './ood.ts'

/**
 * How scores, distances and tensors are distributed over the films of a fold that its network was not trained on (validation and test): films
 * like those of training, with scores as the network gives to what it has not seen. Service is held against it.
 * @returns undefined where there are too few films
 */
export async function foldReference(
  { dataset, options }: Pick<OpenRun, 'dataset' | 'options'>,
  model: tfl.LayersModel,
  predictions: FoldPredictions,
  { ood, name, version }: { ood: OutOfDistribution; name: string; version: string },
): Promise<Reference | undefined> {
  const { byFile, pixels } = dataset
  const described = { name, version, labels: byFile.ids }
  const at = new Date()
  const films: Prediction[] = []
  for (const part of ['validation', 'test'] as const) {
    const images = scored([predictions], part, byFile)
    if (images.length === 0) continue
    const set = labelledImages(
      images.map(({ file }) => file),
      byFile,
      pixels,
      'B',
      'none',
    )
    const { values } = await hiddenActivations(model, set, options.config.transfer.batchSize)
    const distance = distances(values, ood)
    const cells = pixels.size ** 2
    for (const [i, { probabilities }] of images.entries()) {
      const start = set.indices[i]! * cells
      const tensor = tensorStatistics(pixels.pixels.subarray(start, start + cells), pixels.size)
      films.push(predictionOf(described, tensor, { probabilities, oodScore: distance[i]! }, at))
    }
  }
  if (films.length < FEWEST_FILMS) return undefined
  const of = `what fold ${predictions.fold} of protocol "${dataset.split.protocol}" was not trained on`
  return referenceOf(films, { model: described, of, at })
}
