import { ConvertError } from '../errors.ts'
import { fromHalves } from '../onnx/half.ts'
import type { Grid, Tensor } from '../onnx/ir.ts'
import { sizeOf } from '../onnx/tensor.ts'
import { isObject, type Json } from './json.ts'

/** One weight as the manifest describes it: where its bytes lie and how they are stored. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32' | 'bool'
  /** How the bytes are stored; `linear`: value = integer × scale + min. */
  readonly stored: 'float32' | 'int32' | 'bool' | 'uint8' | 'uint16' | 'float16'
  readonly scale: number
  readonly min: number
  /** Index of the group of shards, and byte range within the shards of that group taken together. */
  readonly group: number
  readonly offset: number
  readonly bytes: number
}

/** The weights of a file: what they are, and each one when it is asked for. */
export interface WeightFile {
  readonly specs: readonly WeightSpec[]
  /**
   * The tensor of a weight.
   * @param infinite whether values may be infinite, as bounds are that a GraphModel compares with; a weight of a layer may not
   * @throws ConvertError weights-unreadable
   */
  read(spec: WeightSpec, infinite?: 'infinite'): Tensor
}

const WIDTH = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const
const wrong = (what: string): never => {
  throw new ConvertError('weights-unreadable', what)
}

/** Reads one entry of a weights manifest (tfjs's `WeightsManifestEntry`). */
export function parseWeight(json: Json, group: number, offset: number): WeightSpec {
  if (!isObject(json) || typeof json.name !== 'string')
    return wrong('the weights manifest has an entry without a name')
  const { name, shape, dtype, quantization } = json
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && (n as number) >= 0))
    return wrong(`weight "${name}" has no valid shape`)
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    return wrong(`weight "${name}" is of type ${JSON.stringify(dtype)}; supported: float32, int32, bool`)
  let stored: WeightSpec['stored'] = dtype
  let [scale, min] = [1, 0]
  if (isObject(quantization)) {
    const kind = quantization.dtype
    if (kind !== 'uint8' && kind !== 'uint16' && kind !== 'float16')
      return wrong(
        `weight "${name}" is quantised as ${JSON.stringify(kind)}; supported: uint8, uint16, float16`,
      )
    stored = kind
    if (kind !== 'float16') {
      if (typeof quantization.scale !== 'number' || typeof quantization.min !== 'number')
        return wrong(`weight "${name}" is quantised without scale and min`)
      scale = quantization.scale
      min = quantization.min
    }
  }
  const bytes = sizeOf(shape as number[]) * WIDTH[stored]
  return { name, shape: shape as number[], dtype, stored, scale, min, group, offset, bytes }
}

/** The tensor of a weight. Values that are no numbers are an error, and so are infinite ones: they would turn every score into NaN. */
export function decodeWeight(spec: WeightSpec, bytes: Uint8Array, infinite?: 'infinite'): Tensor {
  const n = sizeOf(spec.shape)
  const view = aligned(bytes, WIDTH[spec.stored])
  if (spec.dtype === 'int32' || spec.dtype === 'bool') {
    const ints =
      spec.stored === 'int32' ? new Int32Array(view.buffer, view.byteOffset, n) : dequantise(spec, view, n)
    return { dtype: 'int32', shape: spec.shape, data: Int32Array.from(ints) }
  }
  const data =
    spec.stored === 'float32' ? new Float32Array(view.buffer, view.byteOffset, n) : dequantise(spec, view, n)
  // A plain loop: with findIndex, checking 25 million weights takes longer than reading them.
  let at = 0
  if (infinite) while (at < n && !Number.isNaN(data[at])) at++
  else while (at < n && Number.isFinite(data[at])) at++
  if (at < n)
    wrong(
      `weight "${spec.name}" holds ${data[at]} at element ${at}: the training diverged or the file is damaged`,
    )
  const grid = gridOf(spec)
  return { dtype: 'float32', shape: spec.shape, data, ...(grid && { grid }) }
}

function gridOf({ stored, scale, min }: WeightSpec): Grid | undefined {
  if (stored === 'float16') return { dtype: stored }
  return stored === 'uint8' || stored === 'uint16'
    ? { dtype: stored, zero: -min / scale, scale: [scale] }
    : undefined
}

function dequantise(spec: WeightSpec, view: Uint8Array, n: number): Float32Array {
  if (spec.stored === 'float16') return fromHalves(new Uint16Array(view.buffer, view.byteOffset, n))
  const integers = spec.stored === 'uint16' ? new Uint16Array(view.buffer, view.byteOffset, n) : view
  // tfjs-core io_utils: value * scale + min, in double precision, then stored as float32 (rounded for int32).
  const out = new Float32Array(n)
  for (let i = 0; i < n; i++) out[i] = integers[i]! * spec.scale + spec.min
  return spec.dtype === 'float32' ? out : out.map(Math.round)
}

const aligned = (bytes: Uint8Array, width: number): Uint8Array =>
  bytes.byteOffset % width === 0 ? bytes : bytes.slice()
