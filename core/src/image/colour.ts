import type { Samples } from './row-sink.ts'

/**
 * Luma of RGB samples of up to 16 bits, in integers, so that R = G = B = v gives v.
 * Weights 0.299, 0.587, 0.114 (ITU-R BT.601), scaled by 2^16.
 */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 32768) >>> 16
}

/**
 * Interleaved RGB → grey, in place: the first third of the samples becomes the image.
 * @returns it, and the mean of max − min over the three as a share of the range
 */
export function greyInPlace(rgb: Samples, pixels: number, bits: number): { grey: Samples; chroma: number } {
  let spread = 0
  for (let i = 0, p = 0; i < pixels; i++, p += 3) {
    const r = rgb[p]!
    const g = rgb[p + 1]!
    const b = rgb[p + 2]!
    rgb[i] = luma(r, g, b)
    spread += Math.max(r, g, b) - Math.min(r, g, b)
  }
  return { grey: rgb.subarray(0, pixels), chroma: spread / pixels / (2 ** bits - 1) }
}
