import { create } from '@bufbuild/protobuf'
import { TensorProto_DataType as Type, ValueInfoProtoSchema } from 'onnx-buf'
import ort from 'onnxruntime-node'
import { OnnxModel } from './onnx-model.ts'

type Take = (name: string, data: Float32Array, dims: readonly number[]) => void

/**
 * Runs a screening model on images, with values of its graph as outputs.
 * @returns runs all images once more, each time that it is called
 */
export async function measuring(
  onnx: Uint8Array,
  values: readonly string[],
  images: readonly Uint8Array[],
): Promise<{ each(take: Take): Promise<void>; release(): Promise<void> }> {
  const model = new OnnxModel(onnx)
  for (const name of values)
    if (!model.isOutput(name))
      model.graph.output.push(
        create(ValueInfoProtoSchema, {
          name,
          type: { value: { case: 'tensorType', value: { elemType: Type.FLOAT } } },
        }),
      )
  // Unfused: a value that a fusion swallows could not be read.
  const session = await ort.InferenceSession.create(model.write(), {
    graphOptimizationLevel: 'basic',
    logSeverityLevel: 3,
  })
  const [image] = session.inputMetadata
  const shape = image?.isTensor ? image.shape.slice(1) : []
  const dims = [1, ...shape.map(Number)]
  return {
    async each(take) {
      for (const image of images) {
        const outputs = await session.run({ image: new ort.Tensor('uint8', image, dims) }, [...values])
        for (const name of values) take(name, outputs[name]!.data as Float32Array, outputs[name]!.dims)
      }
    },
    release: () => session.release(),
  }
}
