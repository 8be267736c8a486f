import type { Layer } from '../layers/model.ts'
import type { Attributes, Value } from '../onnx/ir.ts'
import { float } from '../onnx/ir.ts'
import { float32 } from '../onnx/tensor.ts'
import { type Context, type Family, sizeAt, unsupported } from './context.ts'

const asFloat = (x: Value, { g }: Context): Value =>
  x.dtype === 'float32' ? x : g.op('Cast', [x], { to: 'float32' })

/** A number, or one for each channel. */
function factor(layer: Layer, key: string, fallback: number, { g }: Context): Value {
  const value = layer.config.raw(key) ?? fallback
  if (typeof value === 'number') return g.number(value, key)
  if (Array.isArray(value) && value.every((n) => typeof n === 'number'))
    return g.constant(float32([value.length], value as number[]), key)
  return unsupported(layer, `${key} is ${JSON.stringify(value)}`, 'a number or a list of numbers')
}

function lowerRescaling(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { g } = context
  const scaled = g.op('Mul', [asFloat(x!, context), factor(layer, 'scale', 1, context)])
  return [g.op('Add', [scaled, factor(layer, 'offset', 0, context)])]
}

/** Where a resized image's pixels lie: at their centres as in Keras, or as tfjs lays them. */
type Grid = 'half_pixel' | 'align_corners' | 'asymmetric'

function resizeTo(
  x: Value,
  [rows, columns]: readonly [number, number],
  mode: 'bilinear' | 'nearest',
  grid: Grid,
  { g }: Context,
): Value {
  const nearest: Attributes = {
    mode: 'nearest',
    nearest_mode: grid === 'asymmetric' ? 'floor' : 'round_prefer_ceil',
  }
  const [height, width] = [x.shape[1] as number, x.shape[2] as number]
  return g.op('Resize', [x], {
    sizes: [0, rows, columns, x.shape[3] as number],
    scales: float([1, rows / height, columns / width, 1]),
    coordinate_transformation_mode: grid,
    ...(mode === 'nearest' ? nearest : { mode: 'linear' }),
  })
}

/** tfjs aligns corners unless crop_to_aspect_ratio is set (which does not crop). */
function lowerResizing(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { config } = layer
  for (const axis of [1, 2, 3]) sizeAt(layer, x!, axis)
  const mode = config.choice('interpolation', ['bilinear', 'nearest'], 'bilinear')
  const size = [config.number('height'), config.number('width')] as const
  const crops = config.bool('crop_to_aspect_ratio', false)
  if (layer.keras === 3 && crops) unsupported(layer, 'crop_to_aspect_ratio is true', 'false')
  // What pads is 0 and constant by default, and says something only with pad_to_aspect_ratio.
  if (!config.bool('pad_to_aspect_ratio', false))
    for (const key of ['fill_mode', 'fill_value']) config.raw(key)
  const grid = layer.keras === 3 ? 'half_pixel' : crops ? 'asymmetric' : 'align_corners'
  return [resizeTo(asFloat(x!, context), size, mode, grid, context)]
}

/**
 * Rows that tfjs's CenterCrop takes. It crops with `cropAndResize`, whose boxes are fractions of size − 1: where a crop is
 * smaller than the input the samples lie a little closer than one pixel, so some are taken from a neighbour.
 */
function sampled(size: number, to: number, start: number): number[] {
  const begin = Math.fround(start / size)
  const end = Math.fround((to + start) / size)
  const step = to > 1 ? ((end - begin) * (size - 1)) / (to - 1) : 0
  return Array.from({ length: to }, (_, i) =>
    Math.round(to > 1 ? begin * (size - 1) + i * step : 0.5 * (begin + end) * (size - 1)),
  )
}

/** Keras 3: the middle rows and columns, half of what is cut off (rounded down) before them. */
function croppedCentre(
  layer: Layer,
  x: Value,
  [height, width]: readonly [number, number],
  { g }: Context,
): Value {
  const [rows, columns] = [sizeAt(layer, x, 1), sizeAt(layer, x, 2)]
  if (rows < height || columns < width)
    unsupported(layer, `an input of ${rows} × ${columns}`, `at least ${height} × ${width}`)
  const [top, left] = [Math.floor((rows - height) / 2), Math.floor((columns - width) / 2)]
  return g.op('Slice', [x], { starts: [top, left], ends: [top + height, left + width], axes: [1, 2] })
}

function lowerCenterCrop(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { g } = context
  const [height, width] = [layer.config.number('height'), layer.config.number('width')]
  const [rows, columns] = [sizeAt(layer, x!, 1), sizeAt(layer, x!, 2)]
  sizeAt(layer, x!, 3)
  const top = Math.floor((rows - height) / 2)
  const left = columns === width ? 0 : Math.floor((columns - width) / 2) || 1
  if (layer.keras === 3) return [croppedCentre(layer, x!, [height, width], context)]
  if (top < 0 || left < 0)
    return [resizeTo(asFloat(x!, context), [height, width], 'bilinear', 'asymmetric', context)]
  const take = (value: Value, indices: readonly number[], axis: number): Value =>
    g.op(
      'Gather',
      [
        value,
        g.constant(
          { dtype: 'int64', shape: [indices.length], data: BigInt64Array.from(indices, BigInt) },
          'cells',
        ),
      ],
      { axis },
    )
  return [take(take(x!, sampled(rows, height, top), 1), sampled(columns, width, left), 2)]
}

function lowerCategoryEncoding(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { g } = context
  const mode = layer.config.choice('output_mode', ['int', 'one_hot', 'multi_hot', 'count'], 'multi_hot')
  const tokens = layer.config.number('num_tokens')
  // Towards zero, as tfjs casts to int32.
  const whole = x!.dtype === 'int32' ? x! : g.op('Cast', [x!], { to: 'int32' })
  if (mode === 'int') return [whole]
  if (x!.shape.length !== 2 || (mode === 'one_hot' && x!.shape[1] !== 1))
    unsupported(
      layer,
      `output_mode ${mode} of [${x!.shape.map((d) => d ?? '?')}]`,
      'one_hot of [N,1]; multi_hot and count of [N,n]',
    )
  const kinds = g.constant(
    float32(
      [tokens],
      Array.from({ length: tokens }, (_, i) => i),
    ),
    'tokens',
  )
  const each = g.op('Unsqueeze', [g.op('Cast', [whole], { to: 'float32' })], { axes: [2] })
  const hits = g.op('Cast', [g.op('Equal', [each, kinds])], { to: 'float32' })
  return [g.op(mode === 'count' ? 'ReduceSum' : 'ReduceMax', [hits], { axes: [1], keepdims: 0 })]
}

export const preprocessingLayers: Family = {
  title: 'Preprocessing',
  rows: {
    Rescaling: { lower: lowerRescaling, notes: 'scale, offset' },
    Resizing: {
      lower: lowerResizing,
      notes: 'interpolation bilinear, nearest; crop_to_aspect_ratio as tfjs reads it',
    },
    CenterCrop: { lower: lowerCenterCrop, notes: 'takes the same pixels as tfjs; enlarges bilinearly' },
    CategoryEncoding: {
      lower: lowerCategoryEncoding,
      notes: 'output_mode int, one_hot, multi_hot, count (tf_idf needs weights at run time)',
    },
  },
}
