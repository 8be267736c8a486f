import { ConvertError } from './errors.ts'
import type { Call, Layer, Model, Weights } from './layers/model.ts'
import { type Context, describe, type Layers, type Row, rowOf } from './lowering/context.ts'
import type { Builder, Value } from './onnx/ir.ts'
import { toFirst, toLast } from './pieces/layout.ts'

/** The value whose gradient is asked for: it is put into ONNX's layout and made an output. */
export interface Tap {
  /** Name of a layer; `model/layer` where it lies in a nested model. */
  readonly layer: string
  readonly output: string
}

interface Lowerer extends Context {
  readonly tap: Tap | undefined
  tapped: number
}

/** Adds a model's calls to the graph; returns its outputs in the model's order. */
function lowerModel(model: Model, inputs: readonly Value[], lowerer: Lowerer): readonly Value[] {
  if (inputs.length !== model.inputs.length)
    throw new ConvertError(
      'shape-mismatch',
      `model "${model.name}" takes ${model.inputs.length} inputs and gets ${inputs.length}`,
    )
  const values = new Map<string, Value>()
  for (const [i, { key }] of model.inputs.entries()) values.set(key, inputs[i]!)
  const at = (key: string, call?: Call): Value => {
    const value = values.get(key)
    if (value) return value
    throw new ConvertError(
      'model-unreadable',
      `${call ? describe(call.layer) : `model "${model.name}"`} reads an output ${key} that does not exist`,
    )
  }
  for (const call of model.calls) {
    const outputs = lowerLayer(
      call.layer,
      call.inputs.map((key) => at(key, call)),
      lowerer,
    )
    for (const [i, value] of outputs.entries())
      values.set(i === 0 ? call.output : `${call.output}.${i}`, value)
  }
  return model.outputs.map((output) => at(output.key))
}

/** Layers, one of each class, that the table has no row for. */
function unknownIn(model: Model, layers: Layers): Layer[] {
  const found = new Map<string, Layer>()
  for (const layer of layersOf(model).values())
    for (const one of [layer, ...(layer.inner ?? [])])
      if (!one.model && !rowOf(layers, one.className)) found.set(one.className, one)
  return [...found.values()]
}

const unknown = (layers: readonly Layer[]): ConvertError =>
  new ConvertError(
    'unknown-layer',
    `${layers.map(describe).join(', ')}: there is no lowering for ${layers.length === 1 ? 'this class' : 'these classes'}; the table is docs/onnx-support.md. A custom layer can be rewritten with layers of the table, or its lowering given as an option (layers, --layers)`,
  )

/** Options of any layer that say nothing of what it computes at inference. */
const NEUTRAL =
  /^(name|trainable|dtype|autocast|activity_regularizer|.*_(initializer|regularizer|constraint)|batch_(input_)?shape|input_(shape|dtype|length)|batch_size|build_input_shape|weights|seed|unit_forget_bias|layer|backward_layer|cells?|unroll|implementation|(recurrent_)?dropout|(renorm_)?momentum|fused|synchronized|use_cudnn|ragged|sparse|optional)$/

/**
 * Refuses options that nothing read: a meaning that is not known must not be dropped.
 * @throws ConvertError unsupported-option, naming them
 */
function refuseUnread(layer: Layer, context: Context): void {
  const row = rowOf(context.layers, layer.className)
  if (row?.actsInTraining) return
  const isCell = ({ className }: Layer) => rowOf(context.layers, className)?.cell !== undefined
  const held = (layer.inner ?? []).filter(isCell)
  // tfjs repeats the options of an RNN's cell as the RNN's own.
  const cells = layer.className === 'RNN' ? held.slice(0, 1) : held
  const repeated = (key: string) => layer.className === 'RNN' && held.some(({ config }) => key in config.json)
  const neutral = (key: string) =>
    NEUTRAL.test(key) ||
    repeated(key) ||
    (key === 'data_format' && layer.config.json[key] === 'channels_last')
  const unread = layer.config.unread().filter((key) => !neutral(key))
  if (unread.length > 0)
    throw new ConvertError(
      'unsupported-option',
      `${describe(layer)}: ${unread.map((key) => `${key} is ${JSON.stringify(layer.config.json[key]).slice(0, 60)}`).join(', ')}; supported: ${row?.notes || 'no such option'}`,
    )
  for (const cell of cells) refuseUnread(cell, context)
}

function lowerLayer(layer: Layer, inputs: readonly Value[], lowerer: Lowerer): readonly Value[] {
  if (layer.model) return lowerModel(layer.model, inputs, lowerer)
  const row = rowOf(lowerer.layers, layer.className)
  if (!row) throw unknown([layer])
  const { g } = lowerer
  const scope = g.scope
  const path = layer.path.slice(1).join('/')
  g.scope = path
  try {
    const outputs = row.lower(layer, inputs, lowerer)
    refuseUnread(layer, lowerer)
    if (keepsMask(row, layer)) passMask(inputs, outputs, lowerer)
    return path === lowerer.tap?.layer ? [tapped(layer, outputs, lowerer)] : outputs
  } catch (error) {
    if (error instanceof ConvertError) throw error
    const shapes = inputs.map((value) => `[${value.shape.map((d) => d ?? '?')}]`).join(', ')
    throw new ConvertError('shape-mismatch', `${describe(layer)} on ${shapes}: ${(error as Error).message}`, {
      cause: error,
    })
  } finally {
    g.scope = scope
  }
}

const keepsMask = ({ keepsMask }: Row, layer: Layer): boolean =>
  typeof keepsMask === 'function' ? keepsMask(layer) : keepsMask === true

function passMask(inputs: readonly Value[], outputs: readonly Value[], { masks }: Context): void {
  const mask = inputs[0] && masks.get(inputs[0].name)
  const [output] = outputs
  if (mask && output) masks.set(output.name, mask)
}

/** Passes the layer's output through ONNX's layout, [N,K,…], so that the tapped value lies on the way to the scores. */
function tapped(layer: Layer, outputs: readonly Value[], lowerer: Lowerer): Value {
  const [value] = outputs
  const rank = value!.shape.length
  const { g, tap } = lowerer
  if (outputs.length !== 1 || rank < 3)
    throw new ConvertError(
      'no-gradient',
      `${describe(layer)} has no spatial output; choose a convolution or an activation after one`,
    )
  if (++lowerer.tapped > 1)
    throw new ConvertError(
      'no-gradient',
      `${describe(layer)} is called more than once; choose a layer that is called once`,
    )
  const first = layer.config.raw('data_format') === 'channels_first'
  const maps = first ? g.op('Identity', [value!]) : g.op('Transpose', [value!], { perm: toFirst(rank) })
  g.output(tap!.output, maps)
  return first ? maps : g.op('Transpose', [maps], { perm: toLast(rank) })
}

/** Adds a whole model to a graph; inputs are in the layout and type that tfjs takes. */
export function lower(
  { model, weights }: { readonly model: Model; readonly weights: Weights },
  layers: Layers,
  g: Builder,
  inputs: readonly Value[],
  tap?: Tap,
): readonly Value[] {
  const lowerer: Lowerer = {
    g,
    weights,
    layers,
    masks: new Map(),
    tap,
    tapped: 0,
    lower: (layer, values) => lowerLayer(layer, values, lowerer),
  }
  const missing = unknownIn(model, layers)
  if (missing.length > 0) throw unknown(missing)
  const outputs = lowerModel(model, inputs, lowerer)
  if (tap && lowerer.tapped === 0) {
    const names = layerNames(model)
    throw new ConvertError(
      'no-gradient',
      `there is no layer "${tap.layer}"; the model has ${names.join(', ')}`,
    )
  }
  return outputs
}

/** Names of all layers, those of nested models as `model/layer`, in the order of their calls. */
export const layerNames = (model: Model): string[] => [...layersOf(model).keys()]

export function layersOf(model: Model): Map<string, Layer> {
  const found = new Map<string, Layer>()
  for (const { layer } of model.calls) {
    if (layer.model) for (const [name, inner] of layersOf(layer.model)) found.set(name, inner)
    else found.set(layer.path.slice(1).join('/'), layer)
  }
  return found
}
