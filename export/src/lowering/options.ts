import { ConvertError } from '../errors.ts'
import type { Layer } from '../layers/model.ts'
import { type Context, describe, rowOf } from './context.ts'

/** Options of any layer that say nothing of what it computes at inference. */
const NEUTRAL =
  /^(name|trainable|dtype|autocast|activity_regularizer|.*_(initializer|regularizer|constraint)|batch_(input_)?shape|input_(shape|dtype|length)|batch_size|build_input_shape|weights|seed|unit_forget_bias|layer|backward_layer|cells?|unroll|implementation|(recurrent_)?dropout|(renorm_)?momentum|fused|synchronized|use_cudnn|ragged|sparse|optional)$/

/**
 * Refuses options that nothing read: a meaning that is not known must not be dropped.
 * @throws ConvertError unsupported-option, naming them
 */
export function refuseUnread(layer: Layer, context: Context): void {
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
