import { AppError, type ProblemCode } from '../api/problem.ts'

/**
 * Tensor data types of the Open Inference Protocol ("Tensor Data Types") that a model can take or give here:
 * bytes of one element, and for JSON the integer range. FP16 travels as binary only: JSON has no such number.
 * BYTES (strings) is left out on purpose: no model of this project has text.
 */
export const DATATYPES = {
  BOOL: { bytes: 1, min: 0, max: 1 },
  UINT8: { bytes: 1, min: 0, max: 0xff },
  UINT16: { bytes: 2, min: 0, max: 0xffff },
  UINT32: { bytes: 4, min: 0, max: 0xffff_ffff },
  INT8: { bytes: 1, min: -0x80, max: 0x7f },
  INT16: { bytes: 2, min: -0x8000, max: 0x7fff },
  INT32: { bytes: 4, min: -0x8000_0000, max: 0x7fff_ffff },
  // JSON numbers are exact to 2^53 only; larger ones must travel as binary.
  INT64: { bytes: 8, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  FP16: { bytes: 2, min: Number.NaN, max: Number.NaN },
  FP32: { bytes: 4, min: -3.4028234663852886e38, max: 3.4028234663852886e38 },
  FP64: { bytes: 8, min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
} as const satisfies Record<string, { bytes: number; min: number; max: number }>

export type Datatype = keyof typeof DATATYPES

/** A named tensor in wire form: `data` is little-endian, row-major, without padding; its length fits the shape exactly. */
export type WireTensor = {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/** Number of elements of a shape; the empty shape is a scalar. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

/**
 * The elements of a tensor as JSON writes them, flat and row-major ("Tensor Data").
 * FP32 is written with 9 significant digits: they identify a float.
 * @throws AppError `internal` for NaN and infinities, which JSON cannot hold
 */
export function tensorToJson(tensor: WireTensor): (number | boolean)[] {
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)
  const { bytes } = DATATYPES[tensor.datatype]
  const read = READERS[tensor.datatype]
  if (!read) throw new AppError('request-invalid', `${tensor.datatype} has no JSON form; ask for binary data`)
  const out: (number | boolean)[] = new Array(tensor.data.byteLength / bytes)
  for (let i = 0; i < out.length; i++) {
    const value = read(view, i * bytes)
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new AppError('internal', `${tensor.name} holds ${value}, which JSON cannot express`)
    out[i] = value
  }
  return out
}

/**
 * Bytes of a tensor that came as JSON: flat, or nested as its shape says.
 * @param code the problem to throw when an element is no number of that type or their count does not fit the shape
 */
export function tensorFromJson(
  datatype: Datatype,
  shape: readonly number[],
  data: readonly unknown[],
  code: ProblemCode,
): Uint8Array {
  const { bytes } = DATATYPES[datatype]
  const write = WRITERS[datatype]
  if (!write) throw new AppError(code, `${datatype} has no JSON form; send binary data`)
  const count = elementCount(shape)
  const out = new Uint8Array(count * bytes)
  const view = new DataView(out.buffer)
  let written = 0
  const put = (values: readonly unknown[]): void => {
    for (const value of values) {
      if (!isElement(datatype, value))
        throw new AppError(code, `data holds something that is not ${datatype}`)
      write(view, written++ * bytes, Number(value))
    }
  }
  const nested = (values: unknown, depth: number): void => {
    if (!Array.isArray(values) || values.length !== shape[depth])
      throw new AppError(code, `data does not have the shape [${shape}] that it states`)
    if (depth === shape.length - 1) put(values)
    else for (const value of values) nested(value, depth + 1)
  }
  if (Array.isArray(data[0])) nested(data, 0)
  else if (data.length === count) put(data)
  else throw new AppError(code, `data has ${data.length} elements; shape [${shape}] has ${count}`)
  return out
}

/** The values of an FP32 tensor: a view where the bytes are aligned, else a copy. */
export function float32Values(tensor: WireTensor): Float32Array {
  if (tensor.datatype !== 'FP32') throw new TypeError(`${tensor.name} is ${tensor.datatype}, not FP32`)
  const { data } = tensor
  const aligned = data.byteOffset % 4 === 0 ? data : data.slice()
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}

function isElement(datatype: Datatype, value: unknown): boolean {
  if (datatype === 'BOOL') return typeof value === 'boolean'
  if (typeof value !== 'number') return false
  const { min, max } = DATATYPES[datatype]
  if (value < min || value > max) return false
  return datatype === 'FP32' || datatype === 'FP64' || Number.isInteger(value)
}

type Reader = (view: DataView, offset: number) => number | boolean
type Writer = (view: DataView, offset: number, value: number) => void

const READERS: Partial<Record<Datatype, Reader>> = {
  BOOL: (v, o) => v.getUint8(o) !== 0,
  UINT8: (v, o) => v.getUint8(o),
  UINT16: (v, o) => v.getUint16(o, true),
  UINT32: (v, o) => v.getUint32(o, true),
  INT8: (v, o) => v.getInt8(o),
  INT16: (v, o) => v.getInt16(o, true),
  INT32: (v, o) => v.getInt32(o, true),
  INT64: (v, o) => Number(v.getBigInt64(o, true)),
  FP32: (v, o) => Number(v.getFloat32(o, true).toPrecision(9)),
  FP64: (v, o) => v.getFloat64(o, true),
}

const WRITERS: Partial<Record<Datatype, Writer>> = {
  BOOL: (v, o, x) => v.setUint8(o, x),
  UINT8: (v, o, x) => v.setUint8(o, x),
  UINT16: (v, o, x) => v.setUint16(o, x, true),
  UINT32: (v, o, x) => v.setUint32(o, x, true),
  INT8: (v, o, x) => v.setInt8(o, x),
  INT16: (v, o, x) => v.setInt16(o, x, true),
  INT32: (v, o, x) => v.setInt32(o, x, true),
  INT64: (v, o, x) => v.setBigInt64(o, BigInt(x), true),
  FP32: (v, o, x) => v.setFloat32(o, x, true),
  FP64: (v, o, x) => v.setFloat64(o, x, true),
}
