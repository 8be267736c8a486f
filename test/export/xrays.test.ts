import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codecs } from '@detl/codecs/modules'
import { decodeImage } from '@detl/core/image/decode'
import type { GrayImage } from '@detl/core/image/gray-image'
import { DEFAULT_LIMITS } from '@detl/core/image/limits'
import { phantom } from '@detl/core/phantom/phantom'
import { cxrGrey } from '@detl/core/preprocess/spec'
import { convert } from '@detl/export/convert'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { describe, expect, it } from 'vitest'
import { preprocessImage } from '../support/preprocess-image.ts'
import { sharedDir } from '../support/shared.ts'
import { bytesOf, classSlice, detl12, difference, gradCam, runOnnx, sourceOf, tailOf } from './harness.ts'

const SIZE = 64
const REAL = join(sharedDir(), 'cxr/images/nih')
const missing = existsSync(REAL) ? undefined : 'no real X-rays beside the project'

/** As the network gets them: through core's preprocessing, [N,S,S,1] in 0 … 1. */
const tensorOf = (images: readonly GrayImage[]): tf.Tensor =>
  tf.div(
    tf.tensor(
      images.flatMap((image) => [...preprocessImage(image, cxrGrey(SIZE)).tensor]),
      [images.length, SIZE, SIZE, 1],
    ),
    255,
  )

async function check(images: readonly GrayImage[]): Promise<void> {
  const model = detl12(SIZE, 3)
  const x = tensorOf(images)
  const outputs = await runOnnx(bytesOf(convert(await sourceOf(model), { cam: {} })), [x])
  const head = tfl.model({
    inputs: model.inputs,
    outputs: model.getLayer('conv6').output as tfl.SymbolicTensor,
  })
  const maps = head.predict(x) as tf.Tensor
  const tail = tailOf(model, 'conv6')
  expect(difference(outputs.logits!.data, tail(maps).dataSync()).absolute).toBeLessThanOrEqual(1e-4)
  for (let c = 0; c < 4; c++) {
    const { cam } = gradCam(tail, maps, c)
    expect(difference(classSlice(outputs.cam!, c), cam.dataSync()).relative).toBeLessThanOrEqual(1e-4)
  }
}

describe('the paper’s network on chest images: logits within 1e-4, Grad-CAM of all classes within 1e-4 of tf.grad', () => {
  it('phantoms', () =>
    check([1, 2, 3].map((seed) => phantom({ seed, width: 192, height: 160, lesions: [] }).image)))

  it.skipIf(missing)(missing ? `real X-rays: ${missing}` : 'real X-rays', async () => {
    const files = readdirSync(REAL)
      .filter((file) => file.endsWith('.jpg'))
      .sort()
      .slice(0, 6)
    const images = await Promise.all(
      files.map(
        async (file) =>
          (await decodeImage(readFileSync(join(REAL, file)), { limits: DEFAULT_LIMITS, codecs })).image,
      ),
    )
    await check(images)
  })
})
