import type { Node } from '../nodes/model.ts'
import { float, type Value } from '../onnx/ir.ts'
import {
  type Evaluate,
  fromFront,
  inChannelsFirst,
  type NodeContext,
  type NodeFamily,
  type NodeLowering,
  numberOf,
  numbersOf,
  sizeOfAxis,
  unsupportedNode,
} from './context.ts'
import { isFree } from './known.ts'

/** [begin…, end…] from pairs [before, after] of each axis. */
function padsOf(node: Node, paddings: Value, context: NodeContext): number[] {
  const pairs = numbersOf(node, paddings, context, 'paddings')
  const half = (at: number) => pairs.filter((_, i) => i % 2 === at)
  return [...half(0), ...half(1)]
}

const lowerPad: NodeLowering = (node, [x, paddings, constant], context) => {
  const value = constant && numberOf(node, constant, context, 'padding value')
  return [
    context.g.op('Pad', [x], {
      pads: padsOf(node, paddings!, context),
      ...(value !== undefined && value !== 0 && { value: float(value) }),
    }),
  ]
}

const lowerMirrorPad: NodeLowering = (node, [x, paddings], context) => {
  const mode = node.attributes.choice('mode', ['REFLECT', 'SYMMETRIC'])
  if (mode === 'SYMMETRIC') unsupportedNode(node, 'its mode is SYMMETRIC', 'REFLECT (ONNX has no other)')
  return [context.g.op('Pad', [x], { pads: padsOf(node, paddings!, context), mode: 'reflect' })]
}

/** To the end of an axis. */
const END = Number.MAX_SAFE_INTEGER

/** What a StridedSlice takes of each axis, and which axes come and go. */
interface Cut {
  readonly slices: readonly { axis: number; start: number; end: number; step: number }[]
  /** Axes of the input that are dropped. */
  readonly dropped: readonly number[]
  /** Axes of the result that are new. */
  readonly added: readonly number[]
}

function cutOf(
  { attributes }: Node,
  rank: number,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
): Cut {
  const bit = (key: string, i: number) => ((attributes.int(key, 0) >> i) & 1) === 1
  const slices: { axis: number; start: number; end: number; step: number }[] = []
  const [dropped, added]: [number[], number[]] = [[], []]
  let [axis, place] = [0, 0]
  const named = begin.filter((_, i) => !bit('new_axis_mask', i) && !bit('ellipsis_mask', i)).length
  for (const [i, start] of begin.entries()) {
    const step = strides[i]!
    if (bit('ellipsis_mask', i)) {
      axis += rank - named
      place += rank - named
    } else if (bit('new_axis_mask', i)) added.push(place++)
    else if (bit('shrink_axis_mask', i)) {
      slices.push({ axis, start, end: start === -1 ? END : start + 1, step: 1 })
      dropped.push(axis++)
    } else {
      const from = bit('begin_mask', i) ? (step > 0 ? 0 : END) : start
      const to = bit('end_mask', i) ? (step > 0 ? END : -END) : end[i]!
      if (from !== 0 || to !== END || step !== 1) slices.push({ axis, start: from, end: to, step })
      axis++
      place++
    }
  }
  return { slices, dropped, added }
}

function lowerCut(x: Value, { slices, dropped, added }: Cut, { g, known }: NodeContext): Value {
  const sliced =
    slices.length === 0
      ? x
      : g.op('Slice', [x], {
          starts: slices.map(({ start }) => start),
          ends: slices.map(({ end }) => end),
          axes: slices.map(({ axis }) => axis),
          ...(slices.some(({ step }) => step !== 1) && { steps: slices.map(({ step }) => step) }),
        })
  const squeezed = dropped.length > 0 ? g.op('Squeeze', [sliced], { axes: dropped }) : sliced
  const y = added.length > 0 ? g.op('Unsqueeze', [squeezed], { axes: added }) : squeezed
  if (slices.some(({ axis }) => isFree(x, axis))) known.setBatch(y, false)
  return y
}

/** Where slices end; the size of the batch is the end of its axis. */
function endsOf(node: Node, x: Value, end: Value, context: NodeContext): readonly number[] {
  const { known } = context
  const elements = known.of(end) ?? []
  const ends = elements.map((e) => (e === 'N' && known.sizes(x).includes('N') ? END : e))
  return ends.length > 0 && ends.every((e) => typeof e === 'number')
    ? ends
    : numbersOf(node, end, context, 'end')
}

const lowerStridedSlice: NodeLowering = (node, [x, begin, end, strides], context) => {
  const cut = cutOf(
    node,
    x!.shape.length,
    numbersOf(node, begin, context, 'begin'),
    endsOf(node, x!, end!, context),
    numbersOf(node, strides, context, 'strides'),
  )
  return [lowerCut(x!, cut, context)]
}

/** Of vectors. */
const stridedSliced: Evaluate = ([x, begin, end, strides], { node, inputs }) => {
  const numbers = [begin, end, strides].map((list) => list!.filter((e) => typeof e === 'number'))
  if (inputs[0]!.shape.length !== 1 || numbers.some((list) => list.length !== begin!.length)) return undefined
  const { slices } = cutOf(node, 1, numbers[0]!, numbers[1]!, numbers[2]!)
  const [cut] = slices
  if (!cut) return x
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 && at >= -x!.length ? at + x!.length : at, low), high)
  if (cut.step < 0) return undefined
  const taken: number[] = []
  for (let i = clamp(cut.start, 0, x!.length); i < clamp(cut.end, 0, x!.length); i += cut.step) taken.push(i)
  return taken.map((i) => x![i]!)
}

const lowerSlice: NodeLowering = (node, [x, begin, size], context) => {
  const starts = numbersOf(node, begin, context, 'begin')
  const sizes = endsOf(node, x!, size!, context)
  const slices = starts.flatMap((start, axis) => {
    const end = sizes[axis] === -1 || sizes[axis] === END ? END : start + sizes[axis]!
    return start === 0 && (end === END || end === x!.shape[axis]) ? [] : [{ axis, start, end, step: 1 }]
  })
  return [lowerCut(x!, { slices, dropped: [], added: [] }, context)]
}

const sliced: Evaluate = ([x, begin, size], { inputs }) => {
  const [start, count] = [begin![0], size![0]]
  if (inputs[0]!.shape.length !== 1 || typeof start !== 'number' || typeof count !== 'number')
    return undefined
  return x!.slice(start, count === -1 ? undefined : start + count)
}

/** Where a cell of the result lies in the image: the corners on each other, the centres, or the first corner. */
function placeOf({ attributes }: Node): 'align_corners' | 'half_pixel' | 'asymmetric' {
  const [corners, centres] = [attributes.bool('align_corners'), attributes.bool('half_pixel_centers')]
  return corners ? 'align_corners' : centres ? 'half_pixel' : 'asymmetric'
}

const lowerResize =
  (linear: boolean): NodeLowering =>
  (node, [x, size], context) => {
    const [height, width] = numbersOf(node, size, context, 'size') as [number, number]
    const place = placeOf(node)
    const to = [0, height, width, 0]
    const from = [1, 2].map((axis) => sizeOfAxis(node, x!, axis)) as [number, number]
    return [
      context.g.op('Resize', [x], {
        sizes: to.map((d, i) => d || (x!.shape[i] ?? 0)),
        scales: float([1, height / from[0], width / from[1], 1]),
        mode: linear ? 'linear' : 'nearest',
        coordinate_transformation_mode: place,
        // TensorFlow rounds to the nearest with corners aligned, and else takes the cell that the place lies in.
        ...(!linear && { nearest_mode: place === 'asymmetric' ? 'floor' : 'round_prefer_ceil' }),
      }),
    ]
  }

const lowerDepthToSpace: NodeLowering = (node, [x], context) => [
  inChannelsFirst(node, x!, context, (nchw) =>
    context.g.op('DepthToSpace', [nchw], { blocksize: node.attributes.int('block_size'), mode: 'DCR' }),
  ),
]

/** Cells of blocks become items of the batch: [N, H, W, C] → [b²N, H/b, W/b, C]. */
const lowerSpaceToBatch: NodeLowering = (node, [x, block, paddings], context) => {
  const { g, known } = context
  const blocks = numbersOf(node, block, context, 'block shape')
  const m = blocks.length
  const pads = padsOf(node, paddings!, context)
  const after = x!.shape.length - 1 - m
  const zeros = (n: number) => new Array<number>(n).fill(0)
  const padded = g.op('Pad', [x], {
    pads: [0, ...pads.slice(0, m), ...zeros(after), 0, ...pads.slice(m), ...zeros(after)],
  })
  const sizes = blocks.map((_, i) => sizeOfAxis(node, padded, i + 1))
  const rest = padded.shape.slice(m + 1) as number[]
  const apart = g.op('Reshape', [padded], {
    shape: [-1, ...sizes.flatMap((size, i) => [size / blocks[i]!, blocks[i]!]), ...rest],
  })
  const range = Array.from({ length: m }, (_, i) => i)
  const perm = [
    ...range.map((i) => 2 * i + 2),
    0,
    ...range.map((i) => 2 * i + 1),
    ...rest.map((_, i) => 2 * m + 1 + i),
  ]
  const y = g.op('Reshape', [g.op('Transpose', [apart], { perm })], {
    shape: [-1, ...sizes.map((size, i) => size / blocks[i]!), ...rest],
  })
  known.setBatch(y, false)
  return [y]
}

const lowerBatchToSpace: NodeLowering = (node, [x, block, crops], context) => {
  const { g, known } = context
  const blocks = numbersOf(node, block, context, 'block shape')
  const m = blocks.length
  const sizes = blocks.map((_, i) => sizeOfAxis(node, x!, i + 1))
  const rest = x!.shape.slice(m + 1) as number[]
  const apart = g.op('Reshape', [x], { shape: [...blocks, -1, ...sizes, ...rest] })
  const range = Array.from({ length: m }, (_, i) => i)
  const perm = [m, ...range.flatMap((i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)]
  const whole = g.op('Reshape', [g.op('Transpose', [apart], { perm })], {
    shape: [-1, ...sizes.map((size, i) => size * blocks[i]!), ...rest],
  })
  const cut = padsOf(node, crops!, context)
  const y = g.op('Slice', [whole], {
    starts: cut.slice(0, m),
    ends: sizes.map((size, i) => size * blocks[i]! - cut[m + i]!),
    axes: range.map((i) => i + 1),
  })
  known.setBatch(y, true)
  return [y]
}

const lowerReverse: NodeLowering = (node, [x, dims], context) => {
  const listed = numbersOf(node, dims, context, 'axis')
  const axes =
    node.op === 'Reverse'
      ? listed.flatMap((turned, axis) => (turned ? [axis] : []))
      : listed.map((axis) => fromFront(axis, x!.shape.length))
  if (axes.length === 0) return [x!]
  return [
    context.g.op('Slice', [x], {
      starts: axes.map(() => END),
      ends: axes.map(() => -END),
      axes,
      steps: axes.map(() => -1),
    }),
  ]
}

const places = 'align_corners; half_pixel_centers'
export const extentNodes: NodeFamily = {
  title: 'Padding, slicing, resizing',
  rows: {
    Pad: { lower: lowerPad, layerClass: 'ZeroPadding2D' },
    PadV2: { lower: lowerPad, notes: 'a padding value known at export' },
    MirrorPad: { lower: lowerMirrorPad, notes: 'REFLECT' },
    Slice: { lower: lowerSlice, evaluate: sliced },
    StridedSlice: { lower: lowerStridedSlice, evaluate: stridedSliced, notes: 'all masks' },
    ResizeBilinear: { lower: lowerResize(true), notes: places },
    ResizeNearestNeighbor: { lower: lowerResize(false), notes: places },
    DepthToSpace: { lower: lowerDepthToSpace },
    SpaceToBatchND: { lower: lowerSpaceToBatch },
    BatchToSpaceND: { lower: lowerBatchToSpace },
    Reverse: { lower: lowerReverse },
    ReverseV2: { lower: lowerReverse },
  },
}
