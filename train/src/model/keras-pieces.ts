import * as tfl from '@tensorflow/tfjs-layers'
import { NORM_EPSILON } from './norm-epsilon.ts'

type X = tfl.SymbolicTensor

/** Units of the hidden dense layer: those of detl12's last one, in which inputs out of distribution are measured. */
const HIDDEN = 128

/**
 * What Keras's image networks are made of, with weights that follow from a seed: convolutions without bias, each with a normalisation
 * and, where it has one, an activation of its own, as training and Grad-CAM take them.
 */
export class KerasPieces {
  readonly #seed: number
  #initial = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  conv(name: string, x: X, filters: number, { kernelSize = 1, strides = 1, useBias = false } = {}): X {
    const kernelInitializer = this.#he()
    const layer = { name, filters, kernelSize, strides, padding: 'same', useBias, kernelInitializer } as const
    return tfl.layers.conv2d(layer).apply(x) as X
  }

  depthwise(name: string, x: X, { kernelSize = 3, strides = 1 } = {}): X {
    const depthwiseInitializer = this.#he()
    const layer = {
      name,
      kernelSize,
      strides,
      padding: 'same',
      useBias: false,
      depthwiseInitializer,
    } as const
    return tfl.layers.depthwiseConv2d(layer).apply(x) as X
  }

  norm(name: string, x: X): X {
    return tfl.layers.batchNormalization({ name, epsilon: NORM_EPSILON, momentum: 0.999 }).apply(x) as X
  }

  relu6(name: string, x: X): X {
    return tfl.layers.reLU({ name, maxValue: 6 }).apply(x) as X
  }

  activation(name: string, x: X, activation: 'swish' | 'sigmoid'): X {
    return tfl.layers.activation({ name, activation }).apply(x) as X
  }

  /** Mean over the maps, 128 hidden units, class scores. */
  head(
    name: string,
    input: X,
    x: X,
    { classes, activation = 'softmax' }: { classes: number; activation?: 'softmax' | 'sigmoid' | undefined },
  ): tfl.LayersModel {
    const mean = tfl.layers.globalAveragePooling2d({ name: 'mean', dataFormat: 'channelsLast' }).apply(x) as X
    const dense = (layer: string, units: number, end: 'relu' | 'softmax' | 'sigmoid', from: X) =>
      tfl.layers
        .dense({ name: layer, units, activation: end, kernelInitializer: this.#he() })
        .apply(from) as X
    const outputs = dense('dense2', classes, activation, dense('dense1', HIDDEN, 'relu', mean))
    return tfl.model({ name, inputs: input, outputs })
  }

  #he() {
    return tfl.initializers.heNormal({ seed: this.#seed * 100 + ++this.#initial })
  }
}

/** The grey input. @throws where S is no multiple of 32 */
export function greyInput(network: string, size: number): X {
  if (size % 32 !== 0) throw new Error(`S = ${size}: ${network} takes multiples of 32`)
  return tfl.input({ name: 'image', shape: [size, size, 1] })
}
