import type { Json } from '../files/json.ts'
import type { Layer } from '../layers/model.ts'
import type { Dim, Value } from '../onnx/ir.ts'
import { float } from '../onnx/ir.ts'
import { toLast } from '../pieces/layout.ts'
import { type Context, type Family, isChannelsFirst, sizeAt, unsupported, weightOf } from './context.ts'

function lowerFlatten(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  const rank = x!.shape.length
  const moved = rank > 2 && isChannelsFirst(layer) ? g.op('Transpose', [x!], { perm: toLast(rank) }) : x!
  let size = 1
  for (let axis = 1; axis < rank; axis++) size *= sizeAt(layer, moved, axis)
  return [g.op('Reshape', [moved], { shape: [-1, size] })]
}

function lowerReshape(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  const option = layer.config.raw('target_shape')
  if (!Array.isArray(option)) return unsupported(layer, 'target_shape is not a list', 'a list of sizes')
  const target = option.map((d): Dim => (typeof d !== 'number' || d < 0 ? null : d))
  const sizes = x!.shape.slice(1)
  if (target.filter((d) => d === null).length > 1)
    unsupported(layer, `target_shape is [${option}]`, 'one free size')
  if (target.includes(null) && !sizes.some((d) => d === null)) {
    const known = (list: readonly Dim[]) => list.reduce<number>((a, b) => a * (b ?? 1), 1)
    target[target.indexOf(null)] = known(sizes) / known(target)
  }
  return [g.op('Reshape', [x!], { shape: [0, ...target.map((d) => d ?? -1)] })]
}

/** An option of padding or cropping: n, [rows, columns] or [[top, bottom], [left, right]]. */
function edges(layer: Layer, option: Json | undefined): [number, number, number, number] {
  if (typeof option === 'number') return [option, option, option, option]
  const pair = (side: Json | undefined): [number, number] =>
    typeof side === 'number'
      ? [side, side]
      : Array.isArray(side) && side.length === 2
        ? (side as [number, number])
        : unsupported(
            layer,
            `${JSON.stringify(option)} at its edges`,
            'n, [rows, columns] or [[top, bottom], [left, right]]',
          )
  const [rows, columns] = Array.isArray(option) ? option : []
  return [...pair(rows), ...pair(columns)]
}

function lowerZeroPadding(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  const [top, bottom, left, right] = edges(layer, layer.config.raw('padding') ?? 1)
  const pads = isChannelsFirst(layer)
    ? [0, 0, top, left, 0, 0, bottom, right]
    : [0, top, left, 0, 0, bottom, right, 0]
  return [g.op('Pad', [x!], { pads })]
}

function lowerCropping(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  const [top, bottom, left, right] = edges(layer, layer.config.raw('cropping') ?? 0)
  const first = isChannelsFirst(layer) ? 2 : 1
  const size = [sizeAt(layer, x!, first), sizeAt(layer, x!, first + 1)]
  return [
    g.op('Slice', [x!], {
      starts: [top, left],
      ends: [size[0]! - bottom, size[1]! - right],
      axes: [first, first + 1],
    }),
  ]
}

function lowerUpSampling(layer: Layer, [x]: readonly Value[], { g }: Context): Value[] {
  const [rows, columns] = layer.config.perAxis('size', 2, 2) as [number, number]
  const linear = layer.config.choice('interpolation', ['nearest', 'bilinear'], 'nearest') === 'bilinear'
  const first = isChannelsFirst(layer) ? 2 : 1
  const scales = x!.shape.map((_, i) => (i === first ? rows : i === first + 1 ? columns : 1))
  const sizes = x!.shape.map((d, i) => (i === 0 || d === null ? 0 : d * scales[i]!))
  return [
    g.op('Resize', [x!], {
      sizes,
      scales: float(scales),
      mode: linear ? 'linear' : 'nearest',
      // Keras takes a pixel's centre as its place, tfjs its corner.
      coordinate_transformation_mode: linear && layer.keras === 3 ? 'half_pixel' : 'asymmetric',
      ...(linear ? {} : { nearest_mode: 'floor' }),
    }),
  ]
}

function lowerEmbedding(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { g } = context
  const table = weightOf(layer, context, 'embeddings', 0, [
    layer.config.number('input_dim'),
    layer.config.number('output_dim'),
  ])
  const indices = x!.dtype === 'int32' ? x! : g.op('Cast', [x!], { to: 'int32' })
  const y = g.op('Gather', [g.constant(table, 'embeddings'), indices], { axis: 0 })
  if (layer.config.bool('mask_zero', false)) {
    const zero = g.op('Equal', [g.op('Cast', [indices], { to: 'float32' }), g.number(0)])
    context.masks.set(y.name, g.op('Not', [zero]))
  }
  return [y]
}

/** Steps all of whose features equal mask_value become 0, and are skipped by recurrent layers. */
function lowerMasking(layer: Layer, [x]: readonly Value[], context: Context): Value[] {
  const { g } = context
  const value = g.number(layer.config.number('mask_value', 0), 'mask_value')
  const same = g.op('Cast', [g.op('Equal', [x!, value])], { to: 'float32' })
  const differs = g.op('Less', [
    g.op('ReduceMin', [same], { axes: [x!.shape.length - 1], keepdims: 1 }),
    g.number(0.5),
  ])
  const y = g.op('Mul', [x!, g.op('Cast', [differs], { to: 'float32' })])
  context.masks.set(y.name, g.op('Squeeze', [differs], { axes: [x!.shape.length - 1] }))
  return [y]
}

export const shapeLayers: Family = {
  title: 'Shapes, padding, embedding, masking',
  rows: {
    Flatten: { lower: lowerFlatten, notes: 'both data formats' },
    Reshape: { lower: lowerReshape, notes: 'one size may be free' },
    Permute: {
      lower: (layer, [x], { g }) => [g.op('Transpose', [x!], { perm: [0, ...layer.config.ints('dims')] })],
    },
    RepeatVector: {
      lower: (layer, [x], { g }) => [
        g.op('Tile', [g.op('Unsqueeze', [x!], { axes: [1] })], { repeats: [1, layer.config.number('n'), 1] }),
      ],
    },
    ZeroPadding2D: { lower: lowerZeroPadding, notes: 'both data formats' },
    Cropping2D: { lower: lowerCropping, notes: 'both data formats' },
    UpSampling2D: { lower: lowerUpSampling, notes: 'interpolation nearest, bilinear; both data formats' },
    Embedding: { lower: lowerEmbedding, notes: 'mask_zero' },
    Masking: { lower: lowerMasking, notes: 'mask_value' },
  },
}
