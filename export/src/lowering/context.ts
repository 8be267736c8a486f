import { ConvertError } from '../errors.ts'
import { isObject, type Json } from '../files/json.ts'
import { Config, type Layer, type Weights } from '../layers/model.ts'
import type { Builder, Tensor, Value } from '../onnx/ir.ts'
import { activationsOf } from '../pieces/activations.ts'
import { toFirst, toLast } from '../pieces/layout.ts'
import type { Cell } from './cell.ts'

/** What a lowering builds with. */
export interface Context {
  readonly g: Builder
  readonly weights: Weights
  /** The table that the model is lowered by. */
  readonly layers: Layers
  /** Lowers a layer that another one holds (TimeDistributed, Bidirectional). */
  lower(layer: Layer, inputs: readonly Value[]): readonly Value[]
  /** Keras's masks: which time steps of a value are real; [N,T] bool. */
  readonly masks: Map<string, Value>
}

/** Adds a layer's nodes to the graph and returns its outputs. Values keep the layout that tfjs gives them. */
export type Lowering = (layer: Layer, inputs: readonly Value[], context: Context) => readonly Value[]

/** All that is known of one layer class. What Grad-CAM must know of it is shared with training: `core/src/cam`. */
export interface Row {
  readonly lower: Lowering
  /** One line for the support page. */
  readonly notes?: string
  /** Whether a mask still holds behind it (tfjs's `supportsMasking`); behind any other layer it is forgotten. */
  readonly keepsMask?: boolean | ((layer: Layer) => boolean)
  /** It takes any number of axes, of any size, before the last one. */
  readonly anyRank?: true
  /** It passes its input on at inference, whatever its options. */
  readonly actsInTraining?: true
  /** Why the class is refused, where it is known and cannot be lowered. */
  readonly refused?: string
  /** For a cell: its step. */
  readonly cell?: (layer: Layer, context: Context) => Cell
}

/** Layer class → all that is known of it. */
export type Layers = Readonly<Record<string, Row>>

/** One section of the support page. */
export interface Family {
  readonly title: string
  readonly rows: Layers
}

/** The row of a class. */
export const rowOf = (layers: Layers, className: string): Row | undefined =>
  Object.hasOwn(layers, className) ? layers[className] : undefined

export const describe = (layer: Layer): string =>
  `layer "${layer.path.slice(1).join('/')}" (${layer.className})`

export const unsupported = (layer: Layer, what: string, supported: string): never => {
  throw new ConvertError('unsupported-option', `${describe(layer)}: ${what}; supported: ${supported}`)
}

/** The row of a class that is known and cannot be lowered. */
export const refusing = (refused: string): Row => ({
  refused,
  lower: (layer) => {
    throw new ConvertError('unsupported-option', `${describe(layer)}: ${refused}`)
  },
})

/**
 * Refuses a layer that reads masks and has none, in a model that has some: the executor of tfjs 4.22 keeps the last mask that it saw for
 * all later layers, so what tfjs computes there is neither what Keras does nor what the file says.
 */
export function refuseStaleMask(layer: Layer, x: Value, { masks }: Context): void {
  if (masks.size > 0 && !masks.has(x.name))
    unsupported(
      layer,
      'its input has no mask, but a layer before it has one, which tfjs would apply here',
      'a mask that reaches it, or none in the model',
    )
}

/**
 * Applies the activation that an option names: a string, `{class_name: 'function', config: name}`, or a layer that serves as one.
 */
export function activate(
  layer: Layer,
  x: Value,
  context: Context,
  key = 'activation',
  fallback = 'linear',
): Value {
  const option = layer.config.raw(key) ?? fallback
  const name = activationName(option)
  const known = activationsOf(layer.keras)
  // What every object has by inheritance, "constructor" for example, is no activation.
  const apply = Object.hasOwn(known, name) ? known[name] : undefined
  if (apply) return apply(x, context.g)
  const config = isObject(option) && isObject(option.config) ? option.config : undefined
  if (config && rowOf(context.layers, name)) {
    const { path, keras } = layer
    const own = new Config(config, `${describe(layer)}, its ${key} ${name}`)
    return context.lower({ name, className: name, path, keras, config: own }, [x])[0]!
  }
  return unsupported(layer, `${key} is ${JSON.stringify(name)}`, Object.keys(known).join(', '))
}

/** What an option calls an activation. */
export function activationName(option: Json): string {
  if (!isObject(option)) return String(option)
  const { class_name: kind, config } = option
  return kind === 'function' && typeof config === 'string' ? config : String(kind)
}

/** The cell of a recurrent layer: its own, or the one that an RNN layer holds. */
export function cellOf(layer: Layer, context: Context): Cell {
  const [held] = layer.className === 'RNN' ? (layer.inner ?? []) : []
  const own = held ? { ...held, path: layer.path } : layer
  const cell =
    rowOf(context.layers, own.className)?.cell ?? rowOf(context.layers, `${own.className}Cell`)?.cell
  if (cell) return cell(own, context)
  const cells = Object.entries(context.layers).flatMap(([name, row]) => (row.cell ? [name] : []))
  return unsupported(layer, `its cell is a ${own.className}`, cells.join(', '))
}

/** A weight that the layer must have, checked against the shape that its options imply (null: any size). */
export function weightOf(
  layer: Layer,
  context: Context,
  name: string,
  index: number,
  shape: readonly (number | null)[],
): Tensor {
  const tensor = context.weights.find(layer, name, index)
  if (!tensor)
    throw new ConvertError(
      'weights-unreadable',
      `${describe(layer)}: its weight "${name}" is not in the file, which has ${listed(context.weights.names)}`,
    )
  if (
    tensor.shape.length !== shape.length ||
    tensor.shape.some((n, i) => shape[i] !== null && shape[i] !== n)
  )
    throw new ConvertError(
      'shape-mismatch',
      `${describe(layer)}: its ${name} is [${tensor.shape}] where [${shape.map((n) => n ?? '?')}] is expected`,
    )
  return tensor
}

const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'no weights'
    : `${names.slice(0, 6).join(', ')}${names.length > 6 ? `, … (${names.length})` : ''}`

/** The size of an axis that the lowering must know. */
export function sizeAt(layer: Layer, value: Value, axis: number): number {
  const size = value.shape.at(axis)
  if (typeof size !== 'number')
    throw new ConvertError(
      'shape-mismatch',
      `${describe(layer)}: axis ${axis} of its input [${value.shape.map((d) => d ?? '?')}] must be known; set it in the model's input shape`,
    )
  return size
}

/** Layout of an image-like layer. */
export const isChannelsFirst = (layer: Layer): boolean =>
  layer.config.choice('data_format', ['channels_last', 'channels_first'], 'channels_last') ===
  'channels_first'

/** Runs `body` on the value with channels first, as ONNX wants it, and gives back the layer's own layout. */
export function inChannelsFirst(layer: Layer, x: Value, context: Context, body: (x: Value) => Value): Value {
  const { g } = context
  if (isChannelsFirst(layer)) return body(x)
  const y = body(g.op('Transpose', [x], { perm: toFirst(x.shape.length) }))
  return g.op('Transpose', [y], { perm: toLast(y.shape.length) })
}
