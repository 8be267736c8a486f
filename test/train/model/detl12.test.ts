import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { extendDomain } from '@detl/train/model/architectures'
import { detl12 } from '@detl/train/model/detl12'
import { logitsOf } from '@detl/train/model/trunk'
import { describe, expect, it } from 'vitest'

const countOf = (weights: { shape: readonly (number | null)[] }[]): number =>
  weights.reduce((sum, w) => sum + w.shape.reduce<number>((p, d) => p * (d ?? 1), 1), 0)

describe('detl12', () => {
  it("has the layers, shapes and parameter counts of the paper's table at S = 128", () => {
    const model = detl12({ size: 128, classes: 4, seed: 1 })
    const rows = model.layers.map((l) => [l.name, l.outputShape, countOf(l.weights)])
    expect(rows).toEqual([
      ['image', [null, 128, 128, 1], 0],
      ['conv1', [null, 126, 126, 32], 320],
      ['conv2', [null, 124, 124, 32], 9_248],
      ['pool1', [null, 62, 62, 32], 0],
      ['conv3', [null, 60, 60, 64], 18_496],
      ['conv4', [null, 58, 58, 64], 36_928],
      ['pool2', [null, 29, 29, 64], 0],
      ['conv5', [null, 27, 27, 128], 73_856],
      ['conv6', [null, 25, 25, 128], 147_584],
      ['pool3', [null, 12, 12, 128], 0],
      ['flatten', [null, 18_432], 0],
      ['dense1', [null, 256], 4_718_848],
      ['dense2', [null, 128], 32_896],
      ['dense3', [null, 4], 516],
    ])
  })

  it('has the 0.84 M and 19.2 M parameters that follow at S = 64 and 224', () => {
    expect(detl12({ size: 64, classes: 4, seed: 1 }).countParams()).toBe(844_388)
    expect(detl12({ size: 224, classes: 4, seed: 1 }).countParams() / 1e6).toBeCloseTo(19.2, 1)
  })

  it('gives the logits whose softmax is its output', () => {
    const model = detl12({ size: 32, classes: 4, seed: 1 })
    const x = tf.randomUniform<tf.Rank.R4>([3, 32, 32, 1], 0, 1, 'float32', 3)
    const viaLogits = tf.softmax(logitsOf(model, x)).dataSync()
    const direct = (model.predict(x) as tf.Tensor).dataSync()
    for (const [i, p] of direct.entries()) expect(viaLogits[i]).toBeCloseTo(p, 6)
  })
})

describe('extendDomain', () => {
  it('keeps the weights of the base, gives a new head and leaves the base alone', () => {
    const base = detl12({ size: 32, classes: 2, seed: 1 })
    const extended = extendDomain(base, 4, 2)
    expect(extended.getLayer('conv4').getWeights()[0]!.dataSync()).toEqual(
      base.getLayer('conv4').getWeights()[0]!.dataSync(),
    )
    expect(extended.outputs[0]!.shape).toEqual([null, 4])
    expect(base.outputs[0]!.shape).toEqual([null, 2])
    extended.dispose()
    expect(base.getLayer('conv4').getWeights()[0]!.isDisposed).toBe(false)
  })
})
