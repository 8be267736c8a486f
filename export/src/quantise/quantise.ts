import { ConvertError } from '../errors.ts'
import { type Calibration, calibrate } from './calibrate.ts'
import { OnnxModel } from './onnx-model.ts'
import { planOf } from './plan.ts'
import { rewrite } from './rewrite.ts'

/** What {@link quantise} made. */
export type Quantised = {
  readonly onnx: Uint8Array
  /** Layers that are computed with 8-bit integers, by the names of their outputs. */
  readonly layers: readonly string[]
}

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
  const model = new OnnxModel(onnx)
  const plan = planOf(model)
  if (images.length === 0) throw new ConvertError('unsupported-option', 'there is no image to calibrate with')
  if (plan.nodes.length === 0)
    throw new ConvertError('unsupported-option', 'the model has no convolution with constant weights')
  if (model.opset < 13)
    throw new ConvertError(
      'unsupported-option',
      `the model is of operation set ${model.opset}; a scale for each channel needs 13 or later`,
    )
  rewrite(model, plan, await calibrate(onnx, plan.measured, images, options.method ?? 'minmax'))
  for (const property of model.proto.metadataProps)
    property.value = options.metadata?.[property.key] ?? property.value
  return { onnx: model.write(), layers: plan.nodes.map(({ output }) => output) }
}
