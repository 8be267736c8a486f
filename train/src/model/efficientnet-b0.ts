import * as tfl from '@tensorflow/tfjs-layers'
import { greyInput, KerasPieces } from './keras-pieces.ts'
import type { ModelOptions } from './model-options.ts'

/** Expansion, output channels, repetitions, stride of the first, kernel: Tan & Le 2019, table 1, down to a sixteenth. Shapes are for 160. */
const STAGES = [
  [1, 16, 1, 1, 3], // [N,80,80,16]
  [6, 24, 2, 2, 3], // [N,40,40,24]
  [6, 40, 2, 2, 5], // [N,20,20,40]
  [6, 80, 3, 2, 3], // [N,10,10,80]
  [6, 112, 3, 1, 5], // [N,10,10,112]
] as const
/** Of a block's input channels, in its squeeze and excitation. */
const SQUEEZE = 1 / 4
/** Maps of the last convolution: six times the channels before it, as a block's expansion. */
const TOP = 672

type X = tfl.SymbolicTensor

/**
 * EfficientNet-B0 (Tan & Le 2019) as Keras builds it, with swish and squeeze and excitation, without its last two stages, which halve the
 * maps once more, and without dropping paths. Random weights: npm has no copy of learnt ones.
 */
export function efficientNetB0({ size, classes, seed, activation }: ModelOptions): tfl.LayersModel {
  const input = greyInput('EfficientNet-B0', size)
  const pieces = new KerasPieces(seed)
  const ended = (name: string, x: X) =>
    pieces.activation(`${name}_activation`, pieces.norm(`${name}_bn`, x), 'swish')
  let x = ended('Conv1', pieces.conv('Conv1', input, 32, { kernelSize: 3, strides: 2 })) // [N,80,80,32]
  let channels = 32
  for (const [stage, [expansion, filters, repetitions, stride, kernelSize]] of STAGES.entries()) {
    for (let r = 0; r < repetitions; r++) {
      const name = `block${stage + 1}${'abc'[r]}_`
      const strides = r === 0 ? stride : 1
      const wide = channels * expansion
      let y = expansion === 1 ? x : ended(`${name}expand`, pieces.conv(`${name}expand`, x, wide))
      y = ended(`${name}dw`, pieces.depthwise(`${name}dw`, y, { kernelSize, strides }))
      y = excited(pieces, name, y, wide, Math.max(1, Math.floor(channels * SQUEEZE)))
      y = pieces.norm(`${name}project_bn`, pieces.conv(`${name}project`, y, filters))
      x =
        strides === 1 && channels === filters
          ? (tfl.layers.add({ name: `${name}add` }).apply([x, y]) as X)
          : y
      channels = filters
    }
  }
  x = ended('top', pieces.conv('top', x, TOP)) // [N,10,10,672]
  return pieces.head('efficientnet-b0', input, x, { classes, activation })
}

/** Squeeze and excitation (Hu et al. 2018): each map times a factor 0 … 1 that follows from the means of all. */
function excited(pieces: KerasPieces, name: string, x: X, channels: number, squeezed: number): X {
  const mean = tfl.layers
    .globalAveragePooling2d({ name: `${name}se_mean`, dataFormat: 'channelsLast' })
    .apply(x)
  const cell = tfl.layers
    .reshape({ name: `${name}se_reshape`, targetShape: [1, 1, channels] })
    .apply(mean) as X
  const few = pieces.conv(`${name}se_reduce`, cell, squeezed, { useBias: true })
  const many = pieces.conv(
    `${name}se_expand`,
    pieces.activation(`${name}se_reduce_activation`, few, 'swish'),
    channels,
    { useBias: true },
  )
  const factor = pieces.activation(`${name}se_expand_activation`, many, 'sigmoid')
  return tfl.layers.multiply({ name: `${name}se_excite` }).apply([x, factor]) as X
}
