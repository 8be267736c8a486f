import { create } from '@bufbuild/protobuf'
import { TensorProto_DataType as Type, ValueInfoProtoSchema } from 'onnx-buf'
import ort from 'onnxruntime-node'
import { OnnxModel } from './onnx-model.ts'
import { entropyThreshold, Histogram, type Range } from './ranges.ts'

export const CALIBRATIONS = ['minmax', 'entropy'] as const
export type Calibration = (typeof CALIBRATIONS)[number]

/**
 * The range of each named value of a model over images.
 * @param images UINT8 tensors of one row each, as the model takes them; their sizes are checked by the model
 * @param method `minmax`: from the smallest to the largest. `entropy`: values of 0 or more are clipped where that loses least; the others as `minmax`
 */
export async function calibrate(
  onnx: Uint8Array,
  values: readonly string[],
  images: readonly Uint8Array[],
  method: Calibration,
): Promise<Map<string, Range>> {
  const { session, dims } = await sessionWith(onnx, values)
  try {
    const ranges = new Map<string, Range>()
    const each = async (take: (name: string, data: Float32Array) => void) => {
      for (const image of images) {
        const outputs = await session.run({ image: new ort.Tensor('uint8', image, dims) }, [...values])
        for (const name of values) take(name, outputs[name]!.data as Float32Array)
      }
    }
    await each((name, data) => {
      let { min, max } = ranges.get(name) ?? { min: 0, max: 0 }
      for (const value of data) {
        if (value < min) min = value
        if (value > max) max = value
      }
      ranges.set(name, { min, max })
    })
    if (method === 'minmax') return ranges
    const histograms = new Map(
      [...ranges].flatMap(([name, { min, max }]) =>
        min === 0 && max > 0 ? [[name, new Histogram(max)]] : [],
      ),
    )
    await each((name, data) => histograms.get(name)?.add(data))
    for (const [name, histogram] of histograms) ranges.set(name, { min: 0, max: entropyThreshold(histogram) })
    return ranges
  } finally {
    await session.release()
  }
}

async function sessionWith(onnx: Uint8Array, values: readonly string[]) {
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
  return { session, dims: [1, ...shape.map(Number)] }
}
