import type { Manifest } from '@detl/core/model/manifest'
import { ConvertError } from './errors.ts'
import type { Builder, DType, Shape, Value } from './onnx/ir.ts'
import { scalar } from './onnx/tensor.ts'
import { toLast } from './pieces/layout.ts'
import type { Interface } from './source.ts'

/** An input as the graph takes it, and how it becomes what the model takes. */
export interface InputAdapter {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  readonly prepare: (g: Builder, value: Value) => Value
}

/** The shape with its free axes, but for the batch, set in order. */
function sized(name: string, shape: Shape, sizes: readonly number[]): Shape {
  const free = shape.slice(1).filter((d) => d === null).length
  if (sizes.some((size) => !Number.isInteger(size) || size < 1) || (free > 0 && free !== sizes.length))
    throw new ConvertError(
      'unsupported-option',
      `--input-size is ${sizes.join(',')}, but input "${name}" [${shape.map((d) => d ?? 'N')}] has ${free} free axes beside the batch; give one whole number for each`,
    )
  const rest = [...sizes]
  return shape.map((d, i) => (i > 0 && d === null ? rest.shift()! : d))
}

/** A model's inputs as tfjs takes them, or images with channels first; free sizes set where they are given. */
export function adapters(
  inputs: Interface['inputs'],
  options: { readonly inputLayout?: 'nhwc' | 'nchw'; readonly inputSize?: readonly number[] },
): InputAdapter[] {
  return inputs.map(({ name, shape: declared, dtype }) => {
    if (!declared)
      throw new ConvertError(
        'shape-mismatch',
        `input "${name}" has no shape; set inputShape (batch_input_shape) on the first layer, or the shape of the placeholder, and save the model again`,
      )
    const shape = options.inputSize ? sized(name, declared, options.inputSize) : declared
    const rank = shape.length
    if ((options.inputLayout ?? 'nhwc') === 'nhwc' || rank < 3)
      return { name, dtype, shape, prepare: (_, value) => value }
    const first = [shape[0]!, shape[rank - 1]!, ...shape.slice(1, -1)]
    return {
      name,
      dtype,
      shape: first,
      prepare: (g, value) => g.op('Transpose', [value], { perm: toLast(rank) }),
    }
  })
}

/** UINT8 [N,1,S,S] → what the network takes, [N,S,S,1] in its own range. The first nodes of the graph. */
export const imageInput = ({ name, scale, shape: [, , height, width] }: Manifest['input']): InputAdapter => ({
  name,
  dtype: 'uint8',
  shape: [null, 1, height, width],
  prepare: (g, image) => {
    g.scope = 'image'
    const scaled = g.op('Mul', [g.op('Cast', [image], { to: 'float32' }), g.constant(scalar(scale), 'scale')])
    const moved = g.op('Transpose', [scaled], { perm: [0, 2, 3, 1] })
    g.scope = ''
    return moved
  },
})
