import type { RgbImage } from '../../cam/overlay.ts'

export type Colour = readonly [red: number, green: number, blue: number]

/** An image that is drawn on: 8-bit RGB, row-major. */
export type Canvas = RgbImage

export function makeCanvas(width: number, height: number): Canvas {
  return { width, height, data: new Uint8Array(width * height * 3) }
}

/** Mixes a colour into a pixel. @param share 0–1 @throws nothing: what lies outside is left out */
export function mixPixel(canvas: Canvas, x: number, y: number, colour: Colour, share: number): void {
  if (x < 0 || y < 0 || x >= canvas.width || y >= canvas.height) return
  const at = (y * canvas.width + x) * 3
  for (let c = 0; c < 3; c++) {
    const old = canvas.data[at + c]!
    canvas.data[at + c] = Math.round(old + (colour[c]! - old) * share)
  }
}

/** Puts an image onto the canvas, whole pixels on whole pixels; what lies outside is left out. */
export function place(canvas: Canvas, image: RgbImage, left: number, top: number): void {
  const width = Math.min(image.width, canvas.width - left)
  const height = Math.min(image.height, canvas.height - top)
  for (let y = 0; y < height; y++) {
    const from = y * image.width * 3
    canvas.data.set(image.data.subarray(from, from + width * 3), ((top + y) * canvas.width + left) * 3)
  }
}
