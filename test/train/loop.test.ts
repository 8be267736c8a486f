import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selectBackend } from '@detl/train/backend/select'
import { fitClassBias } from '@detl/train/class-bias'
import { learningRateAt } from '@detl/train/epoch'
import { type StageOptions, trainStage } from '@detl/train/loop'
import { detl12 } from '@detl/train/model/detl12'
import { loadModel } from '@detl/train/model/files'
import { predictLogits } from '@detl/train/predict'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quickStage, squares } from './tiny-set.ts'

const SIZE = 36
const train = squares(32, SIZE, 1)
const validation = squares(16, SIZE, 2)
const dir = mkdtempSync(join(tmpdir(), 'detl-loop-'))
const fresh = () => detl12({ size: SIZE, classes: 2, seed: 3 })
const options = (name: string, more: Partial<StageOptions> = {}): StageOptions => ({
  seed: 7,
  dir: join(dir, name),
  resume: false,
  fresh: true,
  identity: 'test',
  ...more,
})

beforeAll(async () => {
  await selectBackend()
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('trainStage', () => {
  it('resumed after a kill ends with the same weights and history as an unbroken run', async () => {
    const unbroken = fresh()
    const expected = await trainStage(unbroken, { train, validation }, quickStage, options('unbroken'))

    const killed = fresh()
    const stop = options('killed', {
      onEpoch: (record) => {
        if (record.epoch === 2) throw new Error('killed')
      },
    })
    await expect(trainStage(killed, { train, validation }, quickStage, stop)).rejects.toThrow('killed')
    const resumed = fresh()
    const got = await trainStage(
      resumed,
      { train, validation },
      quickStage,
      options('killed', { resume: true }),
    )

    const losses = (r: typeof got) => r.history.map((h) => [h.loss, h.validationLoss])
    expect(losses(got)).toEqual(losses(expected))
    for (const [i, w] of unbroken.getWeights().entries()) {
      expect(resumed.getWeights()[i]!.dataSync()).toEqual(w.dataSync())
    }
  })

  it('keeps the last epoch where the recipe says so, with the classes shifted to the validation part', async () => {
    const stage = { ...quickStage, learningRate: 2e-3, keep: 'last' as const }
    const plain = await trainStage(fresh(), { train, validation }, stage, options('last'))
    expect(plain.bestEpoch).toBe(stage.epochs)
    const model = fresh()
    await trainStage(model, { train, validation }, { ...stage, classBias: true }, options('shifted'))
    const before = await predictLogits(await loadModel(plain.modelPath), validation, 8)
    const after = await predictLogits(model, validation, 8)
    const shift = fitClassBias(before, validation.labels, 2)
    expect(Math.abs(shift[0]!)).toBeGreaterThan(0.01)
    for (const [i, z] of after.entries()) expect(z).toBeCloseTo(before[i]! + shift[i % 2]!, 4)
  })

  it('does not continue a run of another configuration', async () => {
    const other = options('killed', { resume: true, identity: 'another' })
    await expect(trainStage(fresh(), { train, validation }, quickStage, other)).rejects.toThrow(
      'another configuration',
    )
  })

  it('leaves no tensor behind from one epoch to the next', async () => {
    const counts: number[] = []
    const counting = options('memory', { onEpoch: () => counts.push(tf.memory().numTensors) })
    await trainStage(fresh(), { train, validation }, { ...quickStage, epochs: 4 }, counting)
    expect(new Set(counts).size).toBe(1)
  })

  it('saves a model that takes inputs in 0 … 1 and scores as the returned one does', async () => {
    const model = fresh()
    const { modelPath } = await trainStage(model, { train, validation }, quickStage, options('saved'))
    const loaded = await loadModel(modelPath)
    const [a, b] = [await predictLogits(model, validation, 8), await predictLogits(loaded, validation, 8)]
    expect(b).toEqual(a)
    const x = tf.tensor4d(
      Float32Array.from(validation.pixels.subarray(0, SIZE * SIZE), (v) => v / 255),
      [1, SIZE, SIZE, 1],
    )
    const probabilities = (loaded.predict(x) as tf.Tensor).dataSync()
    expect(Math.log(probabilities[0]! / probabilities[1]!)).toBeCloseTo(a[0]! - a[1]!, 3)
  })

  it('keeps frozen blocks as they were', async () => {
    const model = fresh()
    const before = model.getLayer('conv3').getWeights()[0]!.dataSync().slice()
    await trainStage(
      model,
      { train, validation },
      { ...quickStage, epochs: 1, trainFrom: 'block3' },
      options('frozen'),
    )
    expect(model.getLayer('conv3').getWeights()[0]!.dataSync()).toEqual(before)
  })
})

describe('learningRateAt', () => {
  it('warms up linearly, then falls by a cosine to the final share', () => {
    const stage = { ...quickStage, epochs: 11, warmup: 1, learningRate: 1, finalRate: 0.1 }
    expect(learningRateAt(stage, 0.5)).toBeCloseTo(0.5)
    expect(learningRateAt(stage, 1)).toBeCloseTo(1)
    expect(learningRateAt(stage, 6)).toBeCloseTo(0.55)
    expect(learningRateAt(stage, 11)).toBeCloseTo(0.1)
  })
})
