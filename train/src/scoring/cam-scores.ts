import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { evaluationBatches } from '../data/batches.ts'
import type { PixelCache } from '../data/cache.ts'
import { type LabelledImages, subset } from '../data/images.ts'
import type { UprightImage } from '../data/record.ts'
import { maskOfBoxes, type Regions, readMask, uprightBoxes } from '../data/regions.ts'
import type { LabelledRecords } from '../data/truth.ts'
import { camGridOf } from '../model/trunk.ts'
import type { CamScore } from '../scores/files.ts'
import { meanGradCam } from './gradcam.ts'
import {
  centrePointsInto,
  energyInside,
  intersectionOverUnion,
  overSource,
  pointsInto,
  randomPointsInto,
} from './localisation.ts'

const BATCH = 8

/** Scores the maps, those of an ensemble where there are several models, of all images of the set for which there is a region. */
export async function scoreCams(
  models: readonly tfl.LayersModel[],
  files: readonly string[],
  set: LabelledImages,
  cache: PixelCache,
  regions: Regions,
  records: LabelledRecords,
): Promise<CamScore[]> {
  const hasRegion = (f: string) => regions.boxes.has(f) || regions.lesions.has(f) || regions.lungs.has(f)
  const chosen = files.flatMap((f, i) => (hasRegion(f) && records.truthOf(f).includes(1) ? [i] : []))
  const grid = camGridOf(models[0]!)
  const out: CamScore[] = []
  for (const batch of evaluationBatches(subset(set, chosen), BATCH)) {
    const x = tf.tensor4d(batch.x, [BATCH, set.size, set.size, 1])
    const { maps, width, height } = await meanGradCam(models, x)
    x.dispose()
    const cells = width * height
    for (let b = 0; b < batch.count; b++) {
      const i = chosen[out.length]!
      const label = records.truthOf(files[i]!).indexOf(1) // of several, the first of the list
      const data = maps.subarray((b * set.classes + label) * cells, (b * set.classes + label + 1) * cells)
      const at = set.indices[i]!
      const source = cache.image[at]!
      const values = overSource({ map: { width, height, data }, grid, geometry: cache.geometry[at]!, source })
      out.push({ label: records.ids[label]!, ...(await scoreOne(files[i]!, values, source, regions)) })
    }
  }
  return out
}

async function scoreOne(
  file: string,
  values: Float32Array,
  source: UprightImage,
  regions: Regions,
): Promise<Omit<CamScore, 'label'>> {
  const score: Omit<CamScore, 'label'> = { file, max: values.reduce((m, v) => Math.max(m, v), 0) }
  const given = regions.boxes.get(file)
  if (given) {
    const boxes = uprightBoxes(given, source)
    score.boxes = {
      hit: pointsInto(values, source, boxes),
      centre: centrePointsInto(source, boxes),
      random: randomPointsInto(source, boxes),
      iou: intersectionOverUnion(values, maskOfBoxes(boxes, source)),
    }
  }
  const lesion = regions.lesions.get(file)
  if (lesion) {
    const mask = await readMask(lesion, source)
    const best = values.indexOf(score.max)
    const centre = Math.floor(source.height / 2) * source.width + Math.floor(source.width / 2)
    score.lesion = {
      hit: score.max > 0 && mask[best] === 1,
      centre: mask[centre] === 1,
      energy: energyInside(values, mask),
      uniform: share(mask),
      iou: intersectionOverUnion(values, mask),
    }
  }
  const lungs = regions.lungs.get(file)
  if (lungs) {
    const mask = await readMask(lungs, source)
    score.lungs = { energy: energyInside(values, mask), uniform: share(mask) }
  }
  return score
}

const share = (mask: Uint8Array): number => mask.reduce((n, v) => n + v, 0) / mask.length
