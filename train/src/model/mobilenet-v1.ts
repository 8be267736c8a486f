import type * as tfl from '@tensorflow/tfjs-layers'
import { greyInput, KerasPieces } from './keras-pieces.ts'
import type { ModelOptions } from './model-options.ts'

/** Output channels and stride: Howard et al. 2017, table 1, down to a sixteenth of the input. Shapes are for 160. */
const ROWS = [
  [64, 1], // [N,80,80,64]
  [128, 2], // [N,40,40,128]
  [128, 1],
  [256, 2], // [N,20,20,256]
  [256, 1],
  [512, 2], // [N,10,10,512]
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
] as const

/**
 * MobileNet (Howard et al. 2017): depthwise and 1 × 1 convolutions in turn, without shortcuts. The last two pairs, which halve the maps once
 * more, are left out, as of MobileNetV2. Random weights: npm has no copy of learnt ones.
 */
export function mobileNetV1({ size, classes, seed, activation }: ModelOptions): tfl.LayersModel {
  const input = greyInput('MobileNet', size)
  const pieces = new KerasPieces(seed)
  const ended = (name: string, x: tfl.SymbolicTensor) =>
    pieces.relu6(`${name}_relu`, pieces.norm(`${name}_bn`, x))
  let x = ended('Conv1', pieces.conv('Conv1', input, 32, { kernelSize: 3, strides: 2 })) // [N,80,80,32]
  for (const [i, [filters, strides]] of ROWS.entries()) {
    x = ended(`conv_dw_${i + 1}`, pieces.depthwise(`conv_dw_${i + 1}`, x, { strides }))
    x = ended(`conv_pw_${i + 1}`, pieces.conv(`conv_pw_${i + 1}`, x, filters))
  }
  return pieces.head('mobilenet-v1', input, x, { classes, activation })
}
