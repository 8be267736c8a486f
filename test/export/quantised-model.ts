import * as tf from '@tensorflow/tfjs-core'
import type * as tfl from '@tensorflow/tfjs-layers'
import { artifactsOf } from './harness.ts'

export type StoredAs = 'uint8' | 'uint16' | 'float16'

/**
 * What tfjs's converter does with `--quantize_uint8` and its like: affine, with zero on the grid where the values lie around it.
 * @returns what the manifest says, and the bytes
 */
function quantised(data: Float32Array, kind: StoredAs): { quantization: object; bytes: Uint8Array } {
  if (kind === 'float16') {
    // Sign, exponent and the first ten bits of the fraction: cut, not rounded.
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length)
    const halves = Uint16Array.from(bits, (b) => {
      const exponent = ((b >>> 23) & 0xff) - 112
      const sign = (b >>> 16) & 0x8000
      return exponent <= 0 ? sign : sign | (exponent << 10) | ((b >>> 13) & 0x3ff)
    })
    return { quantization: { dtype: kind }, bytes: new Uint8Array(halves.buffer) }
  }
  const levels = kind === 'uint8' ? 255 : 65535
  const [low, high] = data.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity] as [
    number,
    number,
  ])
  const scale = (high - low) / levels || 1
  const min = low <= 0 && high >= 0 ? -Math.round(-low / scale) * scale : low
  const at = (x: number) => Math.min(Math.max(Math.round((x - min) / scale), 0), levels)
  const integers = kind === 'uint8' ? Uint8Array.from(data, at) : Uint16Array.from(data, at)
  return { quantization: { dtype: kind, scale, min }, bytes: new Uint8Array(integers.buffer) }
}

/** The saved form of a model whose weights are stored so. */
export async function quantisedArtifacts(
  model: tfl.LayersModel,
  kind: StoredAs,
): Promise<tf.io.ModelArtifacts> {
  const { modelTopology, weightData, weightSpecs } = await artifactsOf(model)
  const values = tf.io.decodeWeights(weightData!, weightSpecs!)
  const stored = weightSpecs!.map(({ name, shape }) => {
    const { quantization, bytes } = quantised(values[name]!.dataSync() as Float32Array, kind)
    return { spec: { name, shape, dtype: 'float32', quantization } as tf.io.WeightsManifestEntry, bytes }
  })
  return {
    modelTopology: JSON.parse(JSON.stringify(modelTopology)) as object,
    weightSpecs: stored.map(({ spec }) => spec),
    weightData: new Uint8Array(Buffer.concat(stored.map(({ bytes }) => bytes))).buffer,
  }
}
