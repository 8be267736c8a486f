import { convert } from '@detl/export/convert'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { bytesOf, classSlice, detl12, difference, gradCam, runOnnx, sourceOf, tailOf } from './harness.ts'
import { checkerMissing, complaintOf } from './onnx-checker.ts'

describe.each([
  [64, 2],
  [128, 1],
] as const)('the paper’s network at S = %i', (size, images) => {
  it('gives tfjs’s logits, and tf.grad’s Grad-CAM for all four classes', async () => {
    const model = detl12(size)
    const bytes = bytesOf(convert(await sourceOf(model), { cam: {} }))
    const x = tf.randomUniform([images, size, size, 1], 0, 1, 'float32', 7)
    const outputs = await runOnnx(bytes, [x])

    const head = tfl.model({
      inputs: model.inputs,
      outputs: model.getLayer('conv6').output as tfl.SymbolicTensor,
    })
    const maps = head.predict(x) as tf.Tensor
    const tail = tailOf(model, 'conv6')
    expect(difference(outputs.logits!.data, tail(maps).dataSync()).absolute).toBeLessThanOrEqual(1e-4)
    expect(
      difference(outputs.dense3!.data, (model.predict(x) as tf.Tensor).dataSync()).absolute,
    ).toBeLessThanOrEqual(1e-5)
    expect(
      difference(outputs.feature_maps!.data, tf.transpose(maps, [0, 3, 1, 2]).dataSync()).relative,
    ).toBeLessThanOrEqual(1e-5)
    for (let c = 0; c < 4; c++) {
      const { cam, weights } = gradCam(tail, maps, c)
      expect(difference(classSlice(outputs.cam!, c), cam.dataSync()).relative).toBeLessThanOrEqual(1e-4)
      expect(
        difference(classSlice(outputs.cam_weights!, c), weights.dataSync()).relative,
      ).toBeLessThanOrEqual(1e-4)
    }
  })
})

describe('the converted network', () => {
  it.skipIf(checkerMissing)('is legal for ONNX’s own checker, in either weight format', async () => {
    const source = await sourceOf(detl12(64))
    expect(complaintOf(bytesOf(convert(source, { cam: {} })))).toBe('')
    expect(complaintOf(bytesOf(convert(source, { cam: {}, dtype: 'fp16' })))).toBe('')
  })

  it('holds half the bytes with weights in half precision, and scores as a network with rounded weights does', async () => {
    const model = detl12(64)
    const source = await sourceOf(model)
    const full = bytesOf(convert(source, { cam: {} }))
    const half = bytesOf(convert(source, { cam: {}, dtype: 'fp16' }))
    expect(half.length / full.length).toBeLessThan(0.56)
    const x = tf.randomUniform([2, 64, 64, 1], 0, 1, 'float32', 8)
    const [a, b] = [await runOnnx(full, [x]), await runOnnx(half, [x])]
    expect(difference(b.dense3!.data, a.dense3!.data).absolute).toBeLessThan(1e-3)
    expect(difference(b.dense3!.data, a.dense3!.data).absolute).toBeGreaterThan(0)
  })
})
