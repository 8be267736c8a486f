import { OUTPUTS } from '@detl/core/model/tensor-names'
import { TensorProto_DataType } from 'onnx-buf'
import { ConvertError } from './errors.ts'
import { OnnxModel } from './quantise/onnx-model.ts'

const NAME = 'probabilities/site_inverse_temperature'

/**
 * A screening model whose probabilities are those of another temperature: softmax(logits / T), of independent classes sigmoid. Logits, maps and
 * weights stay as they are.
 * @param onnx model.onnx as `exportArtifact` wrote it
 * @throws ConvertError unsupported-option where the graph does not divide its logits by one number
 * @example withTemperature(onnx, 1.4)
 */
export function withTemperature(onnx: Uint8Array, temperature: number): Uint8Array {
  const model = new OnnxModel(onnx)
  const scaled = model.producer(OUTPUTS.probabilities)?.input[0]
  const product = scaled === undefined ? undefined : model.producer(scaled)
  const factor = product?.input.find((name) => name !== OUTPUTS.logits)
  const maker = factor === undefined ? undefined : model.producer(factor)
  const stored = maker?.opType === 'Cast' ? maker.input[0] : factor
  const index = model.graph.initializer.findIndex(({ name, dims }) => name === stored && dims.length === 0)
  if (product?.opType !== 'Mul' || !product.input.includes(OUTPUTS.logits) || index < 0)
    throw new ConvertError(
      'unsupported-option',
      'the graph’s probabilities are not its logits times one number: its temperature cannot be changed',
    )
  // A name of its own: what else may take the old number keeps it. An earlier site's is replaced.
  if (factor === NAME)
    model.graph.initializer = model.graph.initializer.filter((tensor) => tensor.name !== NAME)
  const name = model.add(NAME, TensorProto_DataType.FLOAT, [], Float32Array.of(1 / temperature))
  product.input = product.input.map((input) => (input === factor ? name : input))
  model.sweep()
  return model.write()
}
