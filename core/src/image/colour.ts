import type { RowSink, Samples } from './row-sink.ts'

/**
 * Luma of RGB samples of up to 16 bits, in integers, so that R = G = B = v gives v.
 * Weights 0.299, 0.587, 0.114 (ITU-R BT.601), scaled by 2^16.
 */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 32768) >>> 16
}

/**
 * Interleaved RGB → rows of grey.
 * @returns mean of max − min over the three, as a share of the range
 */
export function pushRgb(
  rgb: Samples,
  { width, height, bits }: { width: number; height: number; bits: number },
  sink: RowSink,
): number {
  const row = new Uint16Array(width)
  let spread = 0
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) {
      const r = rgb[p]!
      const g = rgb[p + 1]!
      const b = rgb[p + 2]!
      row[x] = luma(r, g, b)
      spread += Math.max(r, g, b) - Math.min(r, g, b)
    }
    sink.push(row, 0, 1)
  }
  return spread / (width * height) / (2 ** bits - 1)
}
