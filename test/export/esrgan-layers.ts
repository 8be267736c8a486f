import type { Layers } from '@detl/export/lowering/context'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** The custom layers of ESRGAN, as its packages register them with tfjs. */
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

/** Registers both layers with tfjs, for one scale, and gives their lowerings. */
export function esrganLayers(scale: number): Layers {
  tf.serialization.registerClass(MultiplyBeta)
  tf.serialization.registerClass(pixelShuffle(scale))
  return {
    MultiplyBeta: {
      lower: ({ config }, [x], { g }) => [g.op('Mul', [x, g.number(config.number('beta'))])],
    },
    [`PixelShuffle${scale}x`]: {
      lower: ({ config }, [x], { g }) => {
        config.raw('scale')
        const nchw = g.op('Transpose', [x], { perm: [0, 3, 1, 2] })
        const larger = g.op('DepthToSpace', [nchw], { blocksize: scale, mode: 'DCR' })
        return [g.op('Transpose', [larger], { perm: [0, 2, 3, 1] })]
      },
    },
  }
}
