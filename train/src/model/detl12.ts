import * as tfl from '@tensorflow/tfjs-layers'

export type Detl12Options = {
  /** S: input is [N,S,S,1]. The shapes beside the rows are for 128. */
  size: number
  /** 2 on Data-A (normal, disease); on Data-B those of the list, 4 in the paper. */
  classes: number
  /** Of the last layer; default softmax. */
  activation?: 'softmax' | 'sigmoid'
  /** Of the initial weights. */
  seed: number
}

/**
 * The paper's 12-layer network, section IV: six 3×3 convolutions without padding, a 2×2 max pooling after each pair,
 * three fully connected layers. Input is the scaled tensor in 0 … 1. Initial weights are He normal (the paper
 * gives none; with Glorot the signal halves at every ReLU and pretraining stays at chance). Dropout, where a recipe asks for it, is applied by the training loop: the network stays these rows.
 */
export function detl12({ size, classes, seed, activation = 'softmax' }: Detl12Options): tfl.LayersModel {
  const conv = (name: string, filters: number, row: number) =>
    tfl.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      padding: 'valid',
      activation: 'relu',
      kernelInitializer: he(row),
    })
  const pool = (name: string) => tfl.layers.maxPooling2d({ name, poolSize: 2 })
  const dense = (name: string, units: number, activation: 'relu' | 'softmax' | 'sigmoid', row: number) =>
    tfl.layers.dense({ name, units, activation, kernelInitializer: he(row) })
  const he = (row: number) => tfl.initializers.heNormal({ seed: seed * 100 + row })

  const input = tfl.input({ name: 'image', shape: [size, size, 1] }) // [N,128,128,1]
  const rows = [
    conv('conv1', 32, 1), // [N,126,126,32]         320
    conv('conv2', 32, 2), // [N,124,124,32]       9,248
    pool('pool1'), //        [N,62,62,32]
    conv('conv3', 64, 3), // [N,60,60,64]        18,496
    conv('conv4', 64, 4), // [N,58,58,64]        36,928
    pool('pool2'), //        [N,29,29,64]
    conv('conv5', 128, 5), // [N,27,27,128]      73,856
    conv('conv6', 128, 6), // [N,25,25,128]     147,584
    pool('pool3'), //        [N,12,12,128]
    tfl.layers.flatten({ name: 'flatten' }), // [N,18432]
    dense('dense1', 256, 'relu', 7), // [N,256]  4,718,848
    dense('dense2', 128, 'relu', 8), // [N,128]     32,896
    dense('dense3', classes, activation, 9), // [N,C]  129 · C
  ]
  let x: tfl.SymbolicTensor = input
  for (const row of rows) x = row.apply(x) as tfl.SymbolicTensor
  return tfl.model({ name: 'detl12', inputs: input, outputs: x })
}
