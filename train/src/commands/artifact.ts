import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CamMethod } from '@detl/core/cam/methods'
import { DEFAULT_GATE } from '@detl/core/gate/chest-model'
import type { ModelFacts } from '@detl/core/model/facts'
import { type Manifest, SCHEMA } from '@detl/core/model/manifest'
import { INPUT, OUTPUTS } from '@detl/core/model/tensor-names'
import type * as tfl from '@tensorflow/tfjs-layers'
import { dataDigest, type ImageRecord } from '../data/record.ts'
import { readJson } from '../data/text-file.ts'
import { leftOutRuns, withLeftOut } from '../evaluate/left-out-runs.ts'
import { pointsOf } from '../evaluate/operating-points.ts'
import { selectiveFigures, selectiveOf } from '../evaluate/selective.ts'
import { writeJson, writeWhole } from '../files.ts'
import { foldName } from '../folds.ts'
import { loadModel } from '../model/files.ts'
import { INPUT_SCALE } from '../model/input.ts'
import { camGridOf, camLayerOf } from '../model/trunk.ts'
import type { OpenRun } from '../open-run.ts'
import { readRun } from '../run.ts'
import { readPredictions } from '../scores/files.ts'
import { foldReference } from '../scoring/fold-reference.ts'
import type { OutOfDistribution } from '../scoring/ood.ts'

export type ArtifactOptions = {
  fold: number
  /** The fold that was trained without Data-A. */
  fromScratch: boolean
  name: string
  version: string
  /** Default: the last convolution, after its activation. */
  camLayer?: string
  camMethod: CamMethod
}

/**
 * Writes facts.json beside a fold's best model: all that is known of it besides its weights; and reference.json, what drift is judged
 * against in service, where the fold has films enough. The fold must have been scored by `evaluate`, which fits the temperature, the operating
 * points and the Gaussian of the last hidden layer.
 */
export async function describeArtifact(run: OpenRun, options: ArtifactOptions): Promise<ModelFacts> {
  const { out, config } = run.options
  const { split, byFile, pixels } = run.dataset
  const { fold, fromScratch, name, version } = options
  if (!split.folds[fold]) throw new Error(`fold ${fold}: there are ${split.folds.length}, counted from 0`)
  const dir = join(out, foldName(fold, fromScratch))
  const predictions = readPredictions(join(dir, 'predictions.json'))
  const oodPath = join(dir, 'ood.json')
  if (!predictions || !existsSync(oodPath))
    throw new Error(
      `${dir} has no ${predictions ? 'ood.json' : 'predictions.json'}: run \`detl train evaluate --folds ${fold}${fromScratch ? ' --from-scratch' : ''}\` first`,
    )
  if (pixels.spec.name === 'plain')
    throw new Error(
      `${out} was trained on plain input, which no server makes: it can be reported, not shipped`,
    )
  const ood = readJson<OutOfDistribution>(oodPath)
  const lists = split.folds[fold]!
  const dataA = fromScratch ? [] : split.pretrain.train
  const seen = [...dataA, ...lists.train].map((f) => byFile.get(f)!)
  const { code, backend } = readRun(out)
  const selective = selectiveOf(selectiveFigures([predictions], byFile, split.seed))
  const model = await loadModel(join(dir, 'best'))
  const facts: ModelFacts = {
    schema: SCHEMA,
    name,
    version,
    createdAt: new Date().toISOString(),
    labels: [...byFile.ids],
    classes: byFile.list.classes,
    labelling: byFile.list.labelling,
    input: { name: INPUT, shape: [-1, 1, config.size, config.size], scale: INPUT_SCALE },
    preprocess: pixels.spec,
    gate: DEFAULT_GATE,
    cam: camOf(model, options),
    temperature: predictions.temperature,
    operatingPoints: withLeftOut(pointsOf([predictions], byFile), leftOutRuns(out)),
    ...(selective && { selective }),
    data: { digest: dataDigest(seen), images: seen.length, sources: sourcesOf(seen) },
    training: {
      code,
      backend: `${backend.name} on ${backend.device} (${backend.detail})`,
      seed: config.seed,
      summary: `recipe "${config.name}": ${
        fromScratch ? 'trained on' : `pretrained on ${dataA.length} images of Data-A, transferred to`
      } ${lists.train.length} of Data-B; protocol ${split.protocol}, fold ${fold} held out`,
    },
    outOfDistribution: { method: 'mahalanobis', output: OUTPUTS.oodScore, ...ood },
  }
  const reference = await foldReference(run, model, predictions, { ood, name, version })
  model.dispose()
  writeWhole(join(dir, 'facts.json'), `${JSON.stringify(facts, null, 1)}\n`)
  if (reference) writeJson(join(dir, 'reference.json'), reference)
  return facts
}

function camOf(
  model: tfl.LayersModel,
  { camMethod: method, camLayer: layer = camLayerOf(model) }: ArtifactOptions,
): Manifest['cam'] {
  const [, height, width] = model.getLayer(layer).outputShape as number[]
  return { method, layer, height: height!, width: width!, ...camGridOf(model, layer) }
}

function sourcesOf(records: readonly ImageRecord[]): Manifest['data']['sources'] {
  const names = [...new Set(records.map((r) => r.dataset))].sort()
  return names.map((name) => {
    const of = records.filter((r) => r.dataset === name)
    const licences = [...new Set(of.map((r) => r.licence.trim() || 'not stated'))].sort()
    return { name, images: of.length, licences }
  })
}
