import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convert } from '@detl/export/convert'
import { readForTfjs } from '@detl/export/files/handler'
import type { Layers } from '@detl/export/lowering/context'
import { readLayersModel } from '@detl/export/read-path'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytesOf, difference, runOnnx } from './harness.ts'
import { fetchPackage, unwrapNsfw } from './third-party.ts'

const nsfw = fetchPackage('nsfwjs', '4.4.0')
const upscaler = fetchPackage('@upscalerjs/default-model', '1.0.0')
const thick = fetchPackage('@upscalerjs/esrgan-thick', '1.0.0')
const slim = fetchPackage('@upscalerjs/esrgan-slim', '1.0.0')
// Without the registry there is nothing to read: none of these models is part of this repository.
const offline = 'the npm registry cannot be reached'

/** Real networks: where they come from, what they are, and an input that they can take. */
const NETWORKS = [
  {
    title: 'MobileNetV2 (nsfwjs, no format field, weights quantised to 8 bits)',
    folder: () => nsfw && unwrapNsfw(nsfw, 'mobilenet_v2'),
    shape: [1, 224, 224, 3],
    classes: 5,
  },
  {
    title: 'InceptionV3 with its 11 concatenations (nsfwjs, six shards, weights quantised to 8 bits)',
    folder: () => nsfw && unwrapNsfw(nsfw, 'inception_v3'),
    shape: [1, 299, 299, 3],
    classes: 5,
  },
  {
    title: 'residual dense network for super-resolution, input of free size (@upscalerjs/default-model)',
    folder: () => upscaler && join(upscaler, 'models'),
    shape: [1, 24, 32, 3],
    classes: undefined,
  },
  {
    title: 'ESRGAN slim ×2, input of free size (@upscalerjs/esrgan-slim)',
    folder: () => slim && join(slim, 'models/x2'),
    shape: [1, 24, 32, 3],
    classes: undefined,
  },
] as const

/** The custom layers of ESRGAN, as its package registers them with tfjs. */
class MultiplyBeta extends tfl.layers.Layer {
  static className = 'MultiplyBeta'
  readonly #beta: number
  constructor(config: { beta: number; name: string }) {
    super(config)
    this.#beta = config.beta
  }
  override call(x: tf.Tensor | tf.Tensor[]) {
    return tf.mul([x].flat()[0]!, this.#beta)
  }
}
const SCALES = [2, 3, 4, 8] as const
const pixelShuffle = (scale: number) =>
  class extends tfl.layers.Layer {
    static className = `PixelShuffle${scale}x`
    override computeOutputShape([n, h, w]: (number | null)[]) {
      return [n!, h && scale * h, w && scale * w, 3]
    }
    override call(x: tf.Tensor | tf.Tensor[]) {
      return tf.depthToSpace([x].flat()[0] as tf.Tensor4D, scale, 'NHWC')
    }
  }
const shuffled = (scale: number): Layers[string] => ({
  lower: ({ config }, [x], { g }) => {
    config.raw('scale')
    const nchw = g.op('Transpose', [x], { perm: [0, 3, 1, 2] })
    const larger = g.op('DepthToSpace', [nchw], { blocksize: scale, mode: 'DCR' })
    return [g.op('Transpose', [larger], { perm: [0, 2, 3, 1] })]
  },
})
const CUSTOM: Layers = {
  MultiplyBeta: { lower: ({ config }, [x], { g }) => [g.op('Mul', [x, g.number(config.number('beta'))])] },
  ...Object.fromEntries(SCALES.map((scale) => [`PixelShuffle${scale}x`, shuffled(scale)])),
}

describe('real networks from npm packages agree with tfjs', () => {
  beforeAll(async () => {
    // Inception takes a minute in tfjs's JavaScript backend.
    setWasmPaths(
      fileURLToPath(new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url)),
    )
    await tf.setBackend('wasm')
  })
  afterAll(async () => {
    await tf.setBackend('cpu')
  })

  for (const { title, folder, shape, classes } of NETWORKS) {
    const home = folder()
    it.skipIf(!home)(home ? title : `${title}: ${offline}`, { timeout: 60_000 }, async () => {
      const x = tf.randomUniform([...shape], 0, 1, 'float32', 12)
      const model = await tfl.loadLayersModel(readForTfjs(home!))
      const expected = [model.predict(x)].flat() as tf.Tensor[]
      const source = readLayersModel(home!)
      const outputs = await runOnnx(
        bytesOf(convert(source, { cam: classes === undefined ? undefined : {} } as object)),
        [x],
      )
      for (const [i, { dims, data }] of Object.values(outputs).slice(0, expected.length).entries()) {
        expect(dims).toEqual(expected[i]!.shape)
        const { absolute, relative } = difference(data, expected[i]!.dataSync())
        expect(Math.min(absolute, relative)).toBeLessThanOrEqual(1e-4)
      }
      if (classes !== undefined) expect(outputs.cam!.dims.slice(0, 2)).toEqual([1, classes])
    })
  }

  it.skipIf(!thick).each(SCALES)(
    thick
      ? 'ESRGAN thick ×%i, with the lowerings of its two custom layers (@upscalerjs/esrgan-thick)'
      : `ESRGAN thick ×%i: ${offline}`,
    { timeout: 60_000 },
    async (scale) => {
      tf.serialization.registerClass(MultiplyBeta)
      tf.serialization.registerClass(pixelShuffle(scale))
      const folder = join(thick!, `models/x${scale}`)
      const x = tf.randomUniform([1, 6, 5, 3], 0, 1, 'float32', 12)
      const expected = (await tfl.loadLayersModel(readForTfjs(folder))).predict(x) as tf.Tensor
      const [output] = Object.values(
        await runOnnx(bytesOf(convert(readLayersModel(folder), { layers: CUSTOM })), [x]),
      )
      expect(output!.dims).toEqual([1, 6 * scale, 5 * scale, 3])
      const { absolute, relative } = difference(output!.data, expected.dataSync())
      expect(Math.min(absolute, relative)).toBeLessThanOrEqual(1e-4)
    },
  )
})
