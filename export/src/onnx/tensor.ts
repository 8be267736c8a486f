import type { DType, Grid, Tensor, TensorData } from './ir.ts'

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

export const float32 = (shape: readonly number[], data: Float32Array | readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
})

export const int32 = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(values),
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

/** Steps through the indices of `shape` in row-major order; `steps` are the strides of what is read along with it. */
function walk(
  shape: readonly number[],
  steps: readonly number[],
  visit: (to: number, from: number) => void,
): void {
  const n = sizeOf(shape)
  const index = new Array<number>(shape.length).fill(0)
  let from = 0
  for (let to = 0; to < n; to++) {
    visit(to, from)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= steps[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}

/** `out.shape[i] = tensor.shape[perm[i]]`, as ONNX's and numpy's transpose. */
export function transpose(tensor: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map((axis) => tensor.shape[axis]!)
  const strides = stridesOf(tensor.shape)
  // Last axes that stay in place are moved as one block.
  let outer = perm.length
  while (outer > 0 && perm[outer - 1] === outer - 1) outer--
  const block = sizeOf(shape.slice(outer))
  const data = allocate(tensor.data, tensor.data.length)
  const { data: source } = tensor
  const steps = perm.slice(0, outer).map((axis) => strides[axis]!)
  walk(
    shape.slice(0, outer),
    steps,
    block === 1
      ? (to, from) => {
          data[to] = source[from]!
        }
      : (to, from) => {
          // One kind of array on both sides: they were allocated alike.
          ;(data as Float32Array).set((source as Float32Array).subarray(from, from + block), to * block)
        },
  )
  const grid = tensor.grid && onAxes(tensor.grid, (axis) => perm.indexOf(axis))
  return { dtype: tensor.dtype, shape, data, ...(grid && { grid }) }
}

/** A grid whose axis is another one; undefined where it has none any more. */
function onAxes(grid: Grid, moved: (axis: number) => number | undefined): Grid | undefined {
  if (grid.dtype === 'float16' || grid.axis === undefined) return grid
  const axis = moved(grid.axis)
  return axis === undefined ? undefined : { ...grid, axis }
}

/** The same data under another shape. */
export const reshaped = (tensor: Tensor, shape: readonly number[]): Tensor => {
  if (sizeOf(shape) !== tensor.data.length) throw new Error(`cannot view [${tensor.shape}] as [${shape}]`)
  const { grid, ...plain } = tensor
  const kept = grid && onAxes(grid, () => undefined)
  return { ...plain, shape, ...(kept && { grid: kept }) }
}

/** Sum over `axes`, which are dropped. Sums in double precision. */
export function sumOver(tensor: Tensor, axes: readonly number[]): Tensor {
  const keep = tensor.shape.map((_, i) => i).filter((i) => !axes.includes(i))
  const shape = keep.map((axis) => tensor.shape[axis]!)
  if (axes.every((axis) => tensor.shape[axis] === 1)) return reshaped(tensor, shape)
  const strides = stridesOf(shape)
  const steps = tensor.shape.map((_, axis) => (axes.includes(axis) ? 0 : strides[keep.indexOf(axis)]!))
  const sums = new Float64Array(sizeOf(shape))
  walk(tensor.shape, steps, (from, to) => {
    sums[to]! += Number(tensor.data[from])
  })
  return float32(shape, Float32Array.from(sums))
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

/** Every element times a number. */
export function scaledBy(tensor: Tensor, factor: number): Tensor {
  const { grid } = tensor
  const product = map(tensor, (x) => x * factor)
  if (grid?.dtype !== 'uint8' && grid?.dtype !== 'uint16') return product
  return { ...product, grid: { ...grid, scale: grid.scale.map((scale) => scale * factor) } }
}

export const BYTES: Record<DType, number> = {
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
}
