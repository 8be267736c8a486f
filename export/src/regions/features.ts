import { create } from '@bufbuild/protobuf'
import { ValueInfoProtoSchema } from 'onnx-buf'
import ort from 'onnxruntime-node'
import { ConvertError } from '../errors.ts'
import { OnnxModel } from '../quantise/onnx-model.ts'

/** What a layer of a screening model makes of an image: [K,h,w]. */
export type Features = (image: Uint8Array) => Promise<Float32Array>

/**
 * The output of a layer within a model’s graph, which the graph need not give away.
 * @param onnx UINT8 `image` [N,1,S,S]
 * @param layer its name in the manifest, `cam.layer`
 * @throws ConvertError unsupported-option where the graph has no such layer
 */
export async function featuresOf(onnx: Uint8Array, layer: string): Promise<Features> {
  const model = new OnnxModel(onnx)
  const value = model.graph.node
    .flatMap(({ output }) => output)
    .findLast((name) => name.startsWith(`${layer}/`))
  if (value === undefined) throw new ConvertError('unsupported-option', `the graph has no layer "${layer}"`)
  model.graph.output = [create(ValueInfoProtoSchema, { name: value })]
  model.sweep()
  const session = await ort.InferenceSession.create(model.write(), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  })
  const input = session.inputNames[0]!
  return async (image) => {
    const side = Math.sqrt(image.length)
    const outputs = await session.run({ [input]: new ort.Tensor('uint8', image, [1, 1, side, side]) })
    return outputs[value]!.data as Float32Array
  }
}
