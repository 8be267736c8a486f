import { selectBackend } from '@detl/train/backend/select'
import { detl12 } from '@detl/train/model/detl12'
import { standardised } from '@detl/train/model/input'
import { TrainingNet } from '@detl/train/model/training-net'
import { logitsOf } from '@detl/train/model/trunk'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'

const S = 36
beforeAll(async () => {
  await selectBackend()
})
const bytes = tf.util.createShuffledIndices(8 * S * S)
const tensor = (f: (v: number) => number) =>
  tf.tensor4d(
    Float32Array.from(bytes, (v) => f(v % 256)),
    [8, S, S, 1],
  )

describe('TrainingNet', () => {
  it.each([true, false])('folds back into plain weights for inputs in 0 … 1 (normalise: %s)', (normalise) => {
    const model = detl12({ size: S, classes: 4, seed: 1 })
    const x = tensor(standardised)
    const net = new TrainingNet(model, x, { trainFrom: 'block1', normalise, fresh: true, auxiliary: 0 })
    const { logits } = net.forward(x, undefined)
    net.foldInto(model)
    // The running statistics are those of this very batch, so training's pass and the folded model's agree.
    const folded = logitsOf(
      model,
      tensor((v) => v / 255),
    ).dataSync()
    for (const [i, z] of logits.dataSync().entries()) expect(folded[i]).toBeCloseTo(z, 3)
  })

  it('starts from a trained model as the identity: what it computes is what the model computes', () => {
    const model = detl12({ size: S, classes: 4, seed: 2 })
    for (const l of model.layers) {
      const [kernel, bias] = l.getWeights()
      if (bias) l.setWeights([kernel!, tf.randomUniform(bias.shape, -0.2, 0.2, 'float32', 4)])
    }
    const before = logitsOf(
      model,
      tensor((v) => v / 255),
    ).dataSync()
    const net = new TrainingNet(model, tensor(standardised), {
      trainFrom: 'block1',
      normalise: true,
      fresh: false,
      auxiliary: 0,
    })
    const { logits } = net.forward(tensor(standardised), undefined)
    for (const [i, z] of logits.dataSync().entries()) expect(z).toBeCloseTo(before[i]!, 2)
    net.foldInto(model)
    for (const [i, z] of logitsOf(
      model,
      tensor((v) => v / 255),
    )
      .dataSync()
      .entries())
      expect(z).toBeCloseTo(before[i]!, 2)
  })

  it('leaves frozen layers without normalisation and out of the variables', () => {
    const model = detl12({ size: S, classes: 4, seed: 1 })
    const net = new TrainingNet(model, tensor(standardised), {
      trainFrom: 'block3',
      normalise: true,
      fresh: false,
      auxiliary: 0,
    })
    expect(net.variables).toHaveLength(4 * 3 + 2) // conv5, conv6, dense1, dense2 normalised; dense3 plain
    expect(net.statistics).toHaveLength(8)
  })
})
