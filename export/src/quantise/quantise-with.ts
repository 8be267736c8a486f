import type { Int8Calibration } from '@detl/core/model/int8-calibration'
import { ConvertError } from '../errors.ts'
import { OnnxModel } from './onnx-model.ts'
import { planOf } from './plan-of.ts'
import { rewrite } from './rewrite.ts'

/** A model in 8-bit integers. */
export type Quantised = {
  readonly onnx: Uint8Array
  /** Layers that are computed with 8-bit integers, by the names of their outputs. */
  readonly layers: readonly string[]
}

/**
 * A screening model whose convolutions are computed with 8-bit integers, from what `calibrate` measured. The same model and calibration give the same bytes.
 * @throws ConvertError `unsupported-option` as `quantise`, and where the calibration is of another network
 */
export function quantiseWith(
  onnx: Uint8Array,
  calibration: Int8Calibration,
  { metadata }: { readonly metadata?: Readonly<Record<string, string>> | undefined } = {},
): Quantised {
  const model = new OnnxModel(onnx)
  const plan = checkModel(model)
  const missing = plan.measured.find((value) => !calibration.ranges[value])
  if (missing !== undefined)
    throw new ConvertError(
      'unsupported-option',
      `the calibration has no range of "${missing}": it is of another network; calibrate again`,
    )
  rewrite(model, plan, calibration)
  model.describe(metadata ?? {})
  return { onnx: model.write(), layers: plan.nodes.map(({ output }) => output) }
}

/** @throws ConvertError `unsupported-option` where nothing of the model can be in integers */
export function checkModel(model: OnnxModel) {
  const plan = planOf(model)
  if (plan.nodes.length === 0)
    throw new ConvertError('unsupported-option', 'the model has no convolution with constant weights')
  if (model.opset < 13)
    throw new ConvertError(
      'unsupported-option',
      `the model is of operation set ${model.opset}; a scale for each channel needs 13 or later`,
    )
  return plan
}
