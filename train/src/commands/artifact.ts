import { join } from 'node:path'
import type { Manifest } from '@detl/core/model/manifest'
import type * as tfl from '@tensorflow/tfjs-layers'
import type { LabelledImages } from '../data/batches.ts'
import { labelledImages } from '../data/labelled.ts'
import { dataDigest, type ImageRecord } from '../data/record.ts'
import { auc } from '../evaluate/metrics.ts'
import {
  distances,
  fitOutOfDistribution,
  hiddenActivations,
  type OutOfDistribution,
} from '../evaluate/ood.ts'
import { OUTLIERS, outliers } from '../evaluate/outliers.ts'
import { readPredictions } from '../evaluate/predictions.ts'
import { pointsOf } from '../evaluate/report.ts'
import { loadModel, writeWhole } from '../model/files.ts'
import { rngOf } from '../rng.ts'
import { readRun } from '../run.ts'
import type { OpenRun } from './train-run.ts'

/** What `detl export --manifest` takes: all of the manifest that does not follow from the network. */
export type ArtifactFacts = Omit<Manifest, 'schema' | 'labels' | 'input' | 'cam' | 'files'>

export type ArtifactOptions = { fold: number; name: string; version: string }

/**
 * Writes facts.json and ood.json beside a fold's best model: calibration, operating points, the images that the weights
 * have seen, and the Gaussian of the last hidden layer. The fold must have been scored by `evaluate`.
 */
export async function describeArtifact(
  run: OpenRun,
  { fold, name, version }: ArtifactOptions,
): Promise<ArtifactFacts> {
  const { out, config } = run.options
  const { split, byFile, pixels } = run.dataset
  const dir = join(out, `fold-${fold}`)
  const predictions = readPredictions(join(dir, 'predictions.json'))
  if (!predictions)
    throw new Error(`${dir} has no predictions.json: run \`detl train evaluate --folds ${fold}\` first`)

  const lists = split.folds[fold]!
  const model = await loadModel(join(dir, 'best'))
  const hidden = async (files: readonly string[]) =>
    hiddenActivations(model, labelledImages(files, byFile, pixels, 'B', 'none'), config.transfer.batchSize)
  const training = await hidden(lists.train)
  const validation = await hidden(lists.validation)
  const ood = fitOutOfDistribution(training.values, validation.values, training.dimensions)
  const checks = await outlierChecks(
    model,
    labelledImages(lists.test, byFile, pixels, 'B', 'none'),
    ood,
    split.seed,
  )
  model.dispose()
  const oodFacts = { method: 'mahalanobis', output: 'ood_score', threshold: ood.threshold }
  writeWhole(
    join(dir, 'ood.json'),
    `${JSON.stringify({ ...oodFacts, checks, mean: ood.mean, precision: ood.precision })}\n`,
  )

  const seen = [...split.pretrain.train, ...lists.train].map((f) => byFile.get(f)!)
  const { code, backend } = readRun(out)
  const facts: ArtifactFacts = {
    name,
    version,
    createdAt: new Date().toISOString(),
    preprocess: pixels.spec,
    temperature: predictions.temperature,
    operatingPoints: pointsOf([predictions], byFile) as NonNullable<Manifest['operatingPoints']>,
    data: { digest: dataDigest(seen), images: seen.length, sources: sourcesOf(seen) },
    training: {
      code,
      backend: `${backend.name} on ${backend.device} (${backend.detail})`,
      seed: config.seed,
      summary: `recipe "${config.name}": pretrained on ${split.pretrain.train.length} images of Data-A, transferred to ${lists.train.length} of Data-B; protocol ${split.protocol}, fold ${fold} held out`,
    },
  }
  writeWhole(join(dir, 'facts.json'), `${JSON.stringify(facts, null, 1)}\n`)
  return facts
}

/** AUC of the distance for outliers against the held-out images, and the share of each beyond the threshold. */
async function outlierChecks(
  model: tfl.LayersModel,
  test: LabelledImages,
  ood: OutOfDistribution,
  seed: number,
) {
  const scoresOf = async (set: LabelledImages) => {
    const { values } = await hiddenActivations(model, set, OUTLIER_BATCH)
    return [...distances(values, ood)]
  }
  const inside = await scoresOf(test)
  const beyond = (scores: number[]) => scores.filter((s) => s > ood.threshold).length / scores.length
  const checks = [{ kind: 'held-out X-rays', n: inside.length, auc: 0.5, refused: beyond(inside) }]
  for (const kind of OUTLIERS) {
    const scores = await scoresOf(outliers(kind, test, rngOf(seed, 'outliers', kind)))
    const positive = [...inside.map(() => false), ...scores.map(() => true)]
    checks.push({
      kind,
      n: scores.length,
      auc: auc({ scores: [...inside, ...scores], positive }),
      refused: beyond(scores),
    })
  }
  return checks
}

const OUTLIER_BATCH = 16

function sourcesOf(records: readonly ImageRecord[]): Manifest['data']['sources'] {
  const names = [...new Set(records.map((r) => r.dataset))].sort()
  return names.map((name) => {
    const of = records.filter((r) => r.dataset === name)
    const licences = [...new Set(of.map((r) => r.licence.trim() || 'not stated'))].sort()
    return { name, images: of.length, licences }
  })
}
