/**
 * Luma of RGB samples of up to 16 bits, in integers, so that R = G = B = v gives v.
 * Weights 0.299, 0.587, 0.114 (ITU-R BT.601), scaled by 2^16.
 */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 32768) >>> 16
}

/** Interleaved RGB → grey. `chroma` is the mean of max − min over the three, as a share of the range. */
export function greyFromRgb(
  rgb: ArrayLike<number>,
  pixels: number,
  bits: number,
): { data: Uint16Array; chroma: number } {
  const data = new Uint16Array(pixels)
  let spread = 0
  for (let i = 0, p = 0; i < pixels; i++, p += 3) {
    const r = rgb[p]!
    const g = rgb[p + 1]!
    const b = rgb[p + 2]!
    data[i] = luma(r, g, b)
    spread += Math.max(r, g, b) - Math.min(r, g, b)
  }
  return { data, chroma: spread / pixels / (2 ** bits - 1) }
}
