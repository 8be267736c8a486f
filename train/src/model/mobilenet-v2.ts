import * as tfl from '@tensorflow/tfjs-layers'
import { NORM_EPSILON } from './norm-epsilon.ts'

export type MobileNetV2Options = {
  /** S: input is [N,S,S,1], a multiple of 32. The shapes beside the rows are for 160. */
  size: number
  /** 2 on Data-A (normal, disease); on Data-B those of the list, 4 in the paper. */
  classes: number
  /** Of the last layer; default softmax. */
  activation?: 'softmax' | 'sigmoid'
  /** Of the initial weights. */
  seed: number
}

/** Output channels, repetitions and stride of the first: Sandler et al. 2018, table 2, down to a sixteenth of the input. */
const ROWS = [
  [16, 1, 1], // [N,80,80,16]
  [24, 2, 2], // [N,40,40,24]
  [32, 3, 2], // [N,20,20,32]
  [64, 4, 2], // [N,10,10,64]
  [96, 3, 1], // [N,10,10,96]
] as const
const EXPANSION = 6
/** Units of the hidden dense layer: those of detl12's last one, in which inputs out of distribution are measured. */
const HIDDEN = 128

/**
 * The stronger network offered beside the paper's: MobileNetV2 (Sandler et al. 2018) as Keras builds it, with its names,
 * up to the expansion of block 13. The blocks behind that halve the maps once more, to 5 × 5 cells, in which Grad-CAM
 * finds no lesion. Then mean over the maps, 128 hidden units, softmax. Input is the scaled tensor in 0 … 1, grey.
 */
export function mobileNetV2({
  size,
  classes,
  seed,
  activation = 'softmax',
}: MobileNetV2Options): tfl.LayersModel {
  if (size % 32 !== 0) throw new Error(`S = ${size}: MobileNetV2 takes multiples of 32`)
  let initial = 0
  const he = () => tfl.initializers.heNormal({ seed: seed * 100 + ++initial })
  const normalised = (name: string, x: tfl.SymbolicTensor, relu = true): tfl.SymbolicTensor => {
    const bn = name === 'Conv1' ? 'bn_Conv1' : `${name}_BN` // Keras's names
    const y = tfl.layers
      .batchNormalization({ name: bn, epsilon: NORM_EPSILON, momentum: 0.999 })
      .apply(x) as tfl.SymbolicTensor
    return relu ? (tfl.layers.reLU({ name: `${name}_relu`, maxValue: 6 }).apply(y) as tfl.SymbolicTensor) : y
  }
  const conv = (name: string, filters: number, x: tfl.SymbolicTensor, kernelSize = 1, strides = 1) =>
    tfl.layers
      .conv2d({
        name,
        filters,
        kernelSize,
        strides,
        padding: 'same',
        useBias: false,
        kernelInitializer: he(),
      })
      .apply(x) as tfl.SymbolicTensor
  const depthwise = (name: string, strides: number, x: tfl.SymbolicTensor) =>
    tfl.layers
      .depthwiseConv2d({
        name,
        kernelSize: 3,
        strides,
        padding: 'same',
        useBias: false,
        depthwiseInitializer: he(),
      })
      .apply(x) as tfl.SymbolicTensor

  const input = tfl.input({ name: 'image', shape: [size, size, 1] })
  let x = normalised('Conv1', conv('Conv1', 32, input, 3, 2)) // [N,80,80,32]
  let channels = 32
  let block = 0
  for (const [filters, repetitions, firstStride] of ROWS) {
    for (let r = 0; r < repetitions; r++, block++) {
      const stride = r === 0 ? firstStride : 1
      const prefix = block === 0 ? 'expanded_conv' : `block_${block}`
      let y = x
      if (block > 0) y = normalised(`${prefix}_expand`, conv(`${prefix}_expand`, EXPANSION * channels, y))
      y = normalised(`${prefix}_depthwise`, depthwise(`${prefix}_depthwise`, stride, y))
      y = normalised(`${prefix}_project`, conv(`${prefix}_project`, filters, y), false)
      x =
        stride === 1 && channels === filters
          ? (tfl.layers.add({ name: `${prefix}_add` }).apply([x, y]) as tfl.SymbolicTensor)
          : y
      channels = filters
    }
  }
  x = normalised('block_13_expand', conv('block_13_expand', EXPANSION * channels, x)) // [N,10,10,576]
  x = tfl.layers.globalAveragePooling2d({ name: 'mean', dataFormat: 'channelsLast' }).apply(x) as typeof x
  x = tfl.layers
    .dense({ name: 'dense1', units: HIDDEN, activation: 'relu', kernelInitializer: he() })
    .apply(x) as typeof x
  x = tfl.layers
    .dense({ name: 'dense2', units: classes, activation, kernelInitializer: he() })
    .apply(x) as typeof x
  return tfl.model({ name: 'mobilenet-v2', inputs: input, outputs: x })
}
