import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest } from '@detl/core/model/manifest'
import { dataDigest, type ImageRecord } from '../data/record.ts'
import { pointsOf } from '../evaluate/operating-points.ts'
import { writeWhole } from '../files.ts'
import type { OpenRun } from '../open-run.ts'
import { readRun } from '../run.ts'
import { readPredictions } from '../scores/files.ts'

/** What `detl export --manifest` takes: all of the manifest that does not follow from the network. */
export type ArtifactFacts = Omit<Manifest, 'schema' | 'labels' | 'input' | 'cam' | 'files'>

export type ArtifactOptions = { fold: number; name: string; version: string }

/**
 * Writes facts.json beside a fold's best model: calibration, operating points and the images that the weights have
 * seen. The fold must have been scored by `evaluate`, which writes the Gaussian of the last hidden layer, ood.json.
 */
export function describeArtifact(run: OpenRun, { fold, name, version }: ArtifactOptions): ArtifactFacts {
  const { out, config } = run.options
  const { split, byFile, pixels } = run.dataset
  const dir = join(out, `fold-${fold}`)
  const predictions = readPredictions(join(dir, 'predictions.json'))
  if (!predictions)
    throw new Error(`${dir} has no predictions.json: run \`detl train evaluate --folds ${fold}\` first`)

  if (!existsSync(join(dir, 'ood.json')))
    throw new Error(`${dir} has no ood.json: run \`detl train evaluate --folds ${fold}\` first`)
  const lists = split.folds[fold]!
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

function sourcesOf(records: readonly ImageRecord[]): Manifest['data']['sources'] {
  const names = [...new Set(records.map((r) => r.dataset))].sort()
  return names.map((name) => {
    const of = records.filter((r) => r.dataset === name)
    const licences = [...new Set(of.map((r) => r.licence.trim() || 'not stated'))].sort()
    return { name, images: of.length, licences }
  })
}
