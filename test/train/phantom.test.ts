import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { selectBackend } from '@detl/train/backend/select'
import { evaluationBatches } from '@detl/train/data/batches'
import type { LabelledImages } from '@detl/train/data/images'
import { trainStage } from '@detl/train/loop'
import { detl12 } from '@detl/train/model/detl12'
import { camGridOf } from '@detl/train/model/trunk'
import { predictLogits } from '@detl/train/predict'
import { gradCam } from '@detl/train/scoring/gradcam'
import { overSource } from '@detl/train/scoring/localisation'
import { argmaxRows } from '@detl/train/softmax'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, it } from 'vitest'
import { preprocessImage } from '../support/preprocess-image.ts'
import { quickStage } from './tiny-set.ts'

const SIZE = 64 // maps of 9 × 9 cells
const SOURCE = 160

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

const dir = mkdtempSync(join(tmpdir(), 'detl-phantom-'))
afterAll(() => rmSync(dir, { recursive: true }))

it('a network trained on phantoms finds the lesion, and the peak of Grad-CAM lies on it', {
  timeout: 120_000,
}, async () => {
  await selectBackend()
  const model = detl12({ size: SIZE, classes: 2, seed: 1 })
  const stage = { ...quickStage, epochs: 6, batchSize: 16 }
  const data = { train: phantoms(160, 1).set, validation: phantoms(32, 1000).set }
  await trainStage(model, data, stage, { seed: 1, dir, resume: false, fresh: true, identity: 'phantom' })

  const held = phantoms(48, 2000)
  const predicted = argmaxRows(await predictLogits(model, held.set, 16), 2)
  const right = held.set.labels.filter((label, i) => predicted[i] === label).length
  expect(right).toBeGreaterThanOrEqual(44)

  const grid = camGridOf(model)
  let onLesion = 0
  let positive = 0
  let at = 0
  for (const batch of evaluationBatches(held.set, 16)) {
    const x = tf.tensor4d(batch.x, [16, SIZE, SIZE, 1])
    const { maps, width, height } = await gradCam(model, x)
    x.dispose()
    for (let b = 0; b < batch.count; b++, at++) {
      if (held.set.labels[at] !== 1) continue
      positive++
      const cells = width * height
      const map = { width, height, data: maps.subarray((2 * b + 1) * cells, (2 * b + 2) * cells) }
      const source = { width: SOURCE, height: SOURCE }
      const values = overSource({ map, grid, geometry: held.geometry[at]!, source })
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
  expect(onLesion / positive).toBeGreaterThanOrEqual(0.8)
})
