import type { Calibration } from '@detl/core/model/precision'
import { ConvertError } from '../errors.ts'
import { calibrate } from './calibrate.ts'
import { OnnxModel } from './onnx-model.ts'
import { checkModel, type Quantised, quantiseWith } from './quantise-with.ts'

export type QuantiseOptions = {
  readonly method?: Calibration
  /** metadata_props that replace the model's. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * A screening model whose convolutions are computed with 8-bit integers: static quantisation, ranges from images. Inputs and outputs stay as
 * they are; Grad-CAM, the scores and the out-of-distribution distance are computed in float32, on 8-bit feature maps.
 * @param onnx the model: UINT8 `image` [N,1,S,S]
 * @param images tensors of training images, [1,S,S] each; some hundred
 * @throws ConvertError `unsupported-option` without images, without convolutions, or below operation set 13
 */
export async function quantise(
  onnx: Uint8Array,
  images: readonly Uint8Array[],
  options: QuantiseOptions = {},
): Promise<Quantised> {
  checkModel(new OnnxModel(onnx))
  if (images.length === 0) throw new ConvertError('unsupported-option', 'there is no image to calibrate with')
  return quantiseWith(onnx, await calibrate(onnx, images, options.method ?? 'minmax'), options)
}
