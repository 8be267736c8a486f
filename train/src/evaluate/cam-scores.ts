import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { LABELS } from '@detl/core/model/labels'
import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { evaluationBatches, type LabelledImages } from '../data/batches.ts'
import type { PixelCache } from '../data/cache.ts'
import { type Row, readCsv, required } from '../data/csv.ts'
import { camGrid, gradCam } from './gradcam.ts'
import {
  type Box,
  centrePointsInto,
  energyInside,
  intersectionOverUnion,
  overSource,
  pointsInto,
  randomPointsInto,
} from './localisation.ts'

/** Reference regions of a data folder, by image file. Absent files give empty maps. */
export type Regions = {
  /** Radiologists' boxes, in pixels of the image file. */
  boxes: Map<string, Box[]>
  lesions: Map<string, string>
  lungs: Map<string, string>
}

export function readRegions(root: string): Regions {
  const regions: Regions = { boxes: new Map(), lesions: new Map(), lungs: new Map() }
  const rows = (name: string): Row[] => (existsSync(join(root, name)) ? readCsv(join(root, name)) : [])
  for (const [i, row] of rows('nih_boxes.csv').entries()) {
    const file = required(row, 'file', 'nih_boxes.csv', i)
    const box = { x: Number(row.x), y: Number(row.y), width: Number(row.w), height: Number(row.h) }
    regions.boxes.set(file, [...(regions.boxes.get(file) ?? []), box])
  }
  for (const [i, row] of rows('masks.csv').entries()) {
    const kind = required(row, 'kind', 'masks.csv', i).startsWith('lung') ? regions.lungs : regions.lesions
    kind.set(required(row, 'file', 'masks.csv', i), join(root, required(row, 'mask', 'masks.csv', i)))
  }
  return regions
}

/** Of the map of an image's true class, with what a uniform map and the centre would score. */
export type CamScore = {
  file: string
  label: string
  /** Raw maximum of the map. */
  max: number
  boxes?: { hit: boolean; centre: boolean; random: number; iou: number }
  lesion?: { hit: boolean; centre: boolean; energy: number; uniform: number; iou: number }
  lungs?: { energy: number; uniform: number }
}

const BATCH = 8

/** Scores the maps of all images of the set for which there is a region. */
export async function scoreCams(
  model: tfl.LayersModel,
  files: readonly string[],
  set: LabelledImages,
  cache: PixelCache,
  regions: Regions,
): Promise<CamScore[]> {
  const chosen = files.flatMap((f, i) =>
    regions.boxes.has(f) || regions.lesions.has(f) || regions.lungs.has(f) ? [i] : [],
  )
  const subset: LabelledImages = {
    ...set,
    indices: Int32Array.from(chosen, (i) => set.indices[i]!),
    labels: Int32Array.from(chosen, (i) => set.labels[i]!),
    weights: Float32Array.from(chosen, (i) => set.weights[i]!),
  }
  const grid = camGrid(model)
  const out: CamScore[] = []
  for (const batch of evaluationBatches(subset, BATCH)) {
    const x = tf.tensor4d(batch.x, [BATCH, set.size, set.size, 1])
    const { maps, width, height } = await gradCam(model, x)
    x.dispose()
    const cells = width * height
    for (let b = 0; b < batch.count; b++) {
      const i = chosen[out.length]!
      const label = set.labels[i]!
      const data = maps.subarray((b * set.classes + label) * cells, (b * set.classes + label + 1) * cells)
      const at = set.indices[i]!
      const source = cache.source[at]!
      const values = overSource({ map: { width, height, data }, grid, geometry: cache.geometry[at]!, source })
      out.push({ label: LABELS[label]!, ...(await scoreOne(files[i]!, values, source, regions)) })
    }
  }
  return out
}

async function scoreOne(
  file: string,
  values: Float32Array,
  source: { width: number; height: number },
  regions: Regions,
): Promise<Omit<CamScore, 'label'>> {
  const score: Omit<CamScore, 'label'> = { file, max: values.reduce((m, v) => Math.max(m, v), 0) }
  const boxes = regions.boxes.get(file)
  if (boxes) {
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

function maskOfBoxes(
  boxes: readonly Box[],
  { width, height }: { width: number; height: number },
): Uint8Array {
  const mask = new Uint8Array(width * height)
  for (const b of boxes) {
    for (let y = Math.max(0, Math.floor(b.y)); y < Math.min(height, b.y + b.height); y++) {
      mask.fill(
        1,
        y * width + Math.max(0, Math.floor(b.x)),
        y * width + Math.min(width, Math.ceil(b.x + b.width)),
      )
    }
  }
  return mask
}

async function readMask(path: string, source: { width: number; height: number }): Promise<Uint8Array> {
  const { image } = await decodeImage(await readFile(path), { limits: DEFAULT_LIMITS, codecs })
  if (image.width !== source.width || image.height !== source.height) {
    throw new Error(
      `${path} is ${image.width} × ${image.height}, its image ${source.width} × ${source.height}`,
    )
  }
  return Uint8Array.from(image.data, (v) => (v > 0 ? 1 : 0))
}
