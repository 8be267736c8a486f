import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { evaluationBatches } from '@detl/train/data/batches'
import type { LabelledImages } from '@detl/train/data/images'
import { placedRegion } from '@detl/train/data/region-masks'
import { maskOfBoxes } from '@detl/train/data/regions'
import { trainStage } from '@detl/train/loop'
import { detl12 } from '@detl/train/model/detl12'
import { camGridOf, camLayerOf } from '@detl/train/model/trunk'
import { predictLogits } from '@detl/train/predict'
import { gradCam } from '@detl/train/scoring/gradcam'
import { overSource } from '@detl/train/scoring/localisation'
import { argmaxRows } from '@detl/train/softmax'
import * as tf from '@tensorflow/tfjs-core'
import { preprocessImage } from '../support/preprocess-image.ts'
import { quickStage } from './tiny-set.ts'

const SIZE = 64 // maps of 9 × 9 cells
const SOURCE = 160
const BATCH = 16

/** Half of the phantoms have a consolidation. */
function phantoms(count: number, firstSeed: number) {
  const made = Array.from({ length: count }, (_, i) =>
    phantom({ seed: firstSeed + i, width: SOURCE, height: SOURCE, lesions: i % 2 ? ['consolidation'] : [] }),
  )
  const prepared = made.map((p) => preprocessImage(p.image, cxrGrey(SIZE)))
  const pixels = new Uint8Array(count * SIZE * SIZE)
  for (const [i, p] of prepared.entries()) pixels.set(p.tensor, i * SIZE * SIZE)
  const set: LabelledImages = {
    size: SIZE,
    classes: 2,
    pixels,
    placed: prepared.map((p) => p.geometry.placed),
    indices: Int32Array.from(made.keys()),
    labels: Int32Array.from(made, (p) => (p.lesions.length > 0 ? 1 : 0)),
    weights: new Float32Array(count).fill(1),
  }
  return { made, geometry: prepared.map((p) => p.geometry), set }
}

export type PhantomResult = {
  /** Of 48 phantoms that training had not seen, half of them with a lesion: how many the network tells right. */
  right: number
  /** Of the 24 with a lesion: in how many the peak of Grad-CAM lies on it, or within a cell of the map beside it. */
  onLesion: number
}

/**
 * The whole method on 160 phantoms, six epochs, with the backend in use.
 * @param seed of the first weights and of training
 * @param evidence with the evidence loss, as the recipes for real X-rays have it
 */
export async function trainOnPhantoms(
  seed: number,
  dir: string,
  { evidence }: { evidence: boolean },
): Promise<PhantomResult> {
  const model = detl12({ size: SIZE, classes: 2, seed })
  const grid = camGridOf(model)
  const { made, geometry, set } = phantoms(160, 1)
  const whole = { width: SOURCE, height: SOURCE }
  const masks = made.map(({ lesions: [lesion] }, i) =>
    lesion
      ? placedRegion({ ...whole, mask: maskOfBoxes([lesion.box], whole) }, geometry[i]!, SIZE)
      : undefined,
  )
  const weights = Float32Array.from(masks, (mask) => (mask ? 1 : 0))
  const cells = model.getLayer(camLayerOf(model)).outputShape[1] as number
  const regions = { grid: { cells, ...grid }, masks, weights }
  const stage = { ...quickStage, epochs: 6, batchSize: BATCH, evidenceWeight: evidence ? 0.5 : 0 }
  const data = { train: evidence ? { ...set, regions } : set, validation: phantoms(32, 1000).set }
  await trainStage(model, data, stage, { seed, dir, resume: false, fresh: true, identity: 'phantom' })

  const held = phantoms(48, 2000)
  const predicted = argmaxRows(await predictLogits(model, held.set, BATCH), 2)
  const right = held.set.labels.filter((label, i) => predicted[i] === label).length

  let onLesion = 0
  let at = 0
  for (const batch of evaluationBatches(held.set, BATCH)) {
    const x = tf.tensor4d(batch.x, [BATCH, SIZE, SIZE, 1])
    const { maps, width, height } = await gradCam(model, x)
    x.dispose()
    for (let b = 0; b < batch.count; b++, at++) {
      if (held.set.labels[at] !== 1) continue
      const cells = width * height
      const map = { width, height, data: maps.subarray((2 * b + 1) * cells, (2 * b + 2) * cells) }
      const values = overSource({ map, grid, geometry: held.geometry[at]!, source: whole })
      const peak = values.indexOf(Math.max(...values))
      const [px, py] = [peak % SOURCE, Math.floor(peak / SOURCE)]
      const { box } = held.made[at]!.lesions[0]!
      // One cell of the map is stride × SOURCE / SIZE = 10 source pixels: it cannot point more finely.
      const cell = (grid.stride * SOURCE) / SIZE
      if (
        px >= box.x - cell &&
        px <= box.x + box.width + cell &&
        py >= box.y - cell &&
        py <= box.y + box.height + cell
      )
        onLesion++
    }
  }
  model.dispose()
  return { right, onLesion }
}
