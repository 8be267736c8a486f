import { type NetworkLayer, withoutExtent } from './network.ts'
import type { CamGrid } from './resize-map.ts'

/** The cells of one layer along one axis, in pixels of the image. */
type Field = {
  /** Cells along the axis. */
  readonly cells: number
  /** Pixels from one cell to the next. */
  readonly stride: number
  /** What cell 0 sees: pixels low to high. Padding lies outside the image. */
  readonly low: number
  readonly high: number
}

/**
 * Where cell (i, j) of a layer's maps looks: the centre of its receptive field is at offset + stride × (j, i), in pixels of the tensor,
 * where pixel x covers x to x + 1. It follows from kernels, strides and padding (Dumoulin & Visin 2016) along the paths that lead to the layer,
 * and along these alone. Where paths join, a cell sees what it sees by any of them.
 * @param layers in an order in which they can be called
 * @param key of the layer whose maps are looked at
 * @param side of the square input, in pixels
 * @throws Error that names the layer behind which cells have no place, or where paths of different strides join
 * @example receptiveField(layersOfDetl12, 'conv6', 128) // { stride: 4, offset: 16 }
 */
export function receptiveField(layers: readonly NetworkLayer[], key: string, side: number): CamGrid {
  const [rows, columns] = [0, 1].map((axis) => fieldOf(layers, key, side, axis))
  const grid = ({ stride, low, high }: Field) => ({ stride, offset: (low + high) / 2 })
  const [down, across] = [grid(rows!), grid(columns!)]
  if (down.stride !== across.stride || down.offset !== across.offset)
    throw new Error(
      `the cells of "${key}" lie ${across.stride} pixels apart in a row and ${down.stride} in a column; maps are placed by one distance for both`,
    )
  return down
}

function fieldOf(layers: readonly NetworkLayer[], key: string, side: number, axis: number): Field {
  const fields = new Map<string, Field>()
  const image: Field = { cells: side, stride: 1, low: 0, high: 1 }
  const byKey = new Map(layers.map((layer) => [layer.key, layer]))
  const flat = withoutExtent(layers)
  const at = (key: string): Field => {
    const layer = byKey.get(key)
    if (!layer) return image
    const known = fields.get(key)
    if (known) return known
    // A gate that follows from the means of all maps is of no place: what it is joined with says where a cell looks.
    const placed = layer.inputs.filter((input) => !flat.has(input))
    const inputs = placed.length > 0 ? placed : layer.inputs
    const before = joined(layer, inputs.map(at)) ?? image
    const field = through(layer, before, axis)
    fields.set(key, field)
    return field
  }
  if (!byKey.has(key)) throw new Error(`the network has no layer "${key}"`)
  return at(key)
}

function joined({ name }: NetworkLayer, [first, ...others]: readonly Field[]): Field | undefined {
  if (!first) return undefined
  for (const { stride, cells } of others) {
    if (cells === 1 && first.cells > 1) continue // broadcast over the maps, as a gate of squeeze and excitation is
    if (stride !== first.stride)
      throw new Error(`"${name}" joins cells ${first.stride} and ${stride} pixels apart`)
  }
  const together = [first, ...others.filter(({ stride }) => stride === first.stride)]
  return {
    ...first,
    low: Math.min(...together.map(({ low }) => low)),
    high: Math.max(...together.map(({ high }) => high)),
  }
}

/** Layers behind which a cell is no longer at a place of the image. */
const PLACELESS =
  /^(Flatten|Reshape|Permute|RepeatVector|Global.*|.*RNN|.*LSTM.*|.*GRU.*|Resizing|CenterCrop)$/

function through(layer: NetworkLayer, field: Field, axis: number): Field {
  const { className, name } = layer
  if (PLACELESS.test(className))
    throw new Error(`the cells behind ${className} "${name}" are at no place of the image`)
  if (className === 'UpSampling2D') return enlarged(field, onAxis(layer, 'size', axis, 2))
  if (className.startsWith('ZeroPadding')) return shifted(field, around(layer, 'padding', axis))
  if (className.startsWith('Cropping')) {
    const [before, after] = around(layer, 'cropping', axis)
    return shifted(field, [-before, -after])
  }
  if (className.endsWith('Transpose')) return transposed(layer, field, axis)
  const pools = layer.option('poolSize') !== undefined
  if (!pools && layer.option('kernelSize') === undefined) return field // acts on each cell alone
  const size = pools ? onAxis(layer, 'poolSize', axis, 2) : onAxis(layer, 'kernelSize', axis, 1)
  return slid(layer, field, {
    size: (size - 1) * onAxis(layer, 'dilationRate', axis, 1) + 1,
    step: onAxis(layer, 'strides', axis, pools ? size : 1),
  })
}

/** A window of `size` cells that moves on by `step`: convolution and pooling. */
function slid(
  layer: NetworkLayer,
  { cells, stride, low, high }: Field,
  { size, step }: { size: number; step: number },
): Field {
  const same = layer.option('padding') === 'same'
  const count = same ? Math.ceil(cells / step) : Math.floor((cells - size) / step) + 1
  const padding = same ? Math.max(0, (count - 1) * step + size - cells) : 0
  const first = low - Math.floor(padding / 2) * stride
  return { cells: count, stride: stride * step, low: first, high: first + high - low + (size - 1) * stride }
}

/** Each cell becomes `factor` cells that see what it saw, and are placed side by side where it was. */
function enlarged({ cells, stride, low, high }: Field, factor: number): Field {
  const back = (stride / factor - stride) / 2
  return { cells: cells * factor, stride: stride / factor, low: low + back, high: high + back }
}

function shifted({ cells, stride, low, high }: Field, [before, after]: readonly [number, number]): Field {
  const by = before * stride
  return { cells: cells + before + after, stride, low: low - by, high: high - by }
}

/** A transposed convolution: cell o is made of cells (o + before − j) / step of its input, j = 0 … size − 1. */
function transposed(layer: NetworkLayer, { cells, stride, low, high }: Field, axis: number): Field {
  const size = onAxis(layer, 'kernelSize', axis, 1)
  const step = onAxis(layer, 'strides', axis, 1)
  const same = layer.option('padding') === 'same'
  const count = same ? cells * step : cells * step + Math.max(0, size - step)
  const before = same ? Math.floor(Math.max(0, size - step) / 2) : 0
  const [from, to] = [(before - (size - 1)) / step, before / step]
  return { cells: count, stride: stride / step, low: low + from * stride, high: high + to * stride }
}

/** A number for both axes, or one for each. */
function onAxis(layer: NetworkLayer, option: string, axis: number, fallback: number): number {
  const value = layer.option(option) ?? fallback
  const chosen = Array.isArray(value) ? (value.length === 1 ? value[0] : value[axis]) : value
  if (typeof chosen === 'number') return chosen
  throw new Error(`"${layer.name}": ${option} is ${JSON.stringify(value)}`)
}

/** What is added or cut off before and after: a number, one for each axis, or two for each. */
function around(layer: NetworkLayer, option: string, axis: number): readonly [number, number] {
  const value = layer.option(option) ?? 1
  const own = Array.isArray(value) ? value[axis] : value
  const [before, after] = Array.isArray(own) ? own : [own, own]
  if (typeof before === 'number' && typeof after === 'number') return [before, after]
  throw new Error(`"${layer.name}": ${option} is ${JSON.stringify(value)}`)
}
