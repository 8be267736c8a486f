import type { DType, Tensor, TensorData } from './ir.ts'

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

export const float32 = (shape: readonly number[], data: Float32Array | readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
})

export const int64 = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
})

export const scalar = (value: number): Tensor => float32([], [value])

/** Row-major strides, in elements. */
export const stridesOf = (shape: readonly number[]): number[] => {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step
    step *= shape[i]!
  }
  return strides
}

const allocate = (like: TensorData, length: number): TensorData => {
  if (like instanceof Float32Array) return new Float32Array(length)
  if (like instanceof Uint16Array) return new Uint16Array(length)
  if (like instanceof BigInt64Array) return new BigInt64Array(length)
  if (like instanceof Int32Array) return new Int32Array(length)
  return new Uint8Array(length)
}

/** `out.shape[i] = tensor.shape[perm[i]]`, as ONNX's and numpy's transpose. */
export function transpose(tensor: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map((axis) => tensor.shape[axis]!)
  const source = stridesOf(tensor.shape)
  const steps = perm.map((axis) => source[axis]!)
  const data = allocate(tensor.data, tensor.data.length)
  const index = new Array<number>(shape.length).fill(0)
  const last = shape.length - 1
  let from = 0
  for (let to = 0; to < data.length; to++) {
    data[to] = tensor.data[from]!
    for (let axis = last; axis >= 0; axis--) {
      from += steps[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= steps[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return { dtype: tensor.dtype, shape, data }
}

/** The same data under another shape. */
export const reshaped = (tensor: Tensor, shape: readonly number[]): Tensor => {
  if (sizeOf(shape) !== tensor.data.length) throw new Error(`cannot view [${tensor.shape}] as [${shape}]`)
  return { ...tensor, shape }
}

/** Sum over `axes`, which are dropped. Sums in double precision. */
export function sumOver(tensor: Tensor, axes: readonly number[]): Tensor {
  const keep = tensor.shape.map((_, i) => i).filter((i) => !axes.includes(i))
  const moved = transpose(tensor, [...keep, ...axes])
  const inner = sizeOf(axes.map((axis) => tensor.shape[axis]!))
  const shape = keep.map((axis) => tensor.shape[axis]!)
  const out = new Float32Array(sizeOf(shape))
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    for (let j = 0; j < inner; j++) sum += Number(moved.data[i * inner + j])
    out[i] = sum
  }
  return float32(shape, out)
}

/** Elementwise with numpy's broadcasting, both operands constant. */
export function zip(a: Tensor, b: Tensor, f: (x: number, y: number) => number): Tensor {
  const rank = Math.max(a.shape.length, b.shape.length)
  const pad = (s: readonly number[]) => [...new Array<number>(rank - s.length).fill(1), ...s]
  const [sa, sb] = [pad(a.shape), pad(b.shape)]
  const shape = sa.map((n, i) => (n === 1 ? sb[i]! : n))
  const step = (s: number[]) => stridesOf(s).map((stride, i) => (s[i] === 1 ? 0 : stride))
  const [ta, tb] = [step(sa), step(sb)]
  const out = new Float32Array(sizeOf(shape))
  const index = new Array<number>(rank).fill(0)
  let [ia, ib] = [0, 0]
  for (let to = 0; to < out.length; to++) {
    out[to] = f(Number(a.data[ia]), Number(b.data[ib]))
    for (let axis = rank - 1; axis >= 0; axis--) {
      ia += ta[axis]!
      ib += tb[axis]!
      if (++index[axis]! < shape[axis]!) break
      ia -= ta[axis]! * shape[axis]!
      ib -= tb[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return float32(shape, out)
}

export const map = (tensor: Tensor, f: (x: number) => number): Tensor =>
  float32(
    tensor.shape,
    Float32Array.from(tensor.data as Float32Array, (x) => f(Number(x))),
  )

export const BYTES: Record<DType, number> = { float32: 4, float16: 2, int64: 8, int32: 4, uint8: 1, bool: 1 }
