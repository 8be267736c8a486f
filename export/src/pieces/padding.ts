import type { Value } from '../onnx/ir.ts'

/** [begin…, end…] of TensorFlow's "same": the odd cell of padding comes at the end. */
export function samePads(
  sizes: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): number[] {
  const total = sizes.map((size, i) => {
    const span = (kernel[i]! - 1) * dilations[i]! + 1
    return Math.max(0, (Math.ceil(size / strides[i]!) - 1) * strides[i]! + span - size)
  })
  return [...total.map((n) => Math.floor(n / 2)), ...total.map((n) => Math.ceil(n / 2))]
}

/** Where a size is known only at run time: with stride 1 the padding does not depend on it. */
function samePadsOfFree(
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): { pads?: number[]; auto_pad?: string } {
  if (strides.every((stride) => stride === 1)) return { pads: samePads(kernel, kernel, strides, dilations) }
  // No runtime computes the padding of a window that is dilated.
  if (dilations.some((dilation) => dilation !== 1))
    throw new Error(
      'a window with strides, dilations and padding "same" needs sizes that are known: give them with --input-size',
    )
  return { auto_pad: 'SAME_UPPER' }
}

/** Padding attributes of a window over the spatial axes of an NC… value. */
export function paddingOf(
  x: Value,
  padding: 'valid' | 'same' | 'causal',
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): { pads?: number[]; auto_pad?: string } {
  if (padding === 'valid') return {}
  if (padding === 'causal') return { pads: [(kernel[0]! - 1) * dilations[0]!, 0] }
  const sizes = x.shape.slice(2)
  if (sizes.includes(null)) return samePadsOfFree(kernel, strides, dilations)
  const pads = samePads(sizes as number[], kernel, strides, dilations)
  return pads.every((n) => n === 0) ? {} : { pads }
}
