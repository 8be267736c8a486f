import type { Picture } from '../engine/types.ts'

/** Grey levels on the 16-bit scale that are shown as black and as white. */
export type Window = { readonly low: number; readonly high: number }

/** Draws the picture in a window, pixel for pixel, on a canvas that takes the picture's size. */
export function drawGrey(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  picture: Picture,
  window: Window,
): void {
  const { width, height, data } = picture.raster
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width
    canvas.height = height
  }
  const context = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D
  const image = context.createImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  const shades = shadeTable(window)
  for (let i = 0; i < pixels.length; i++) pixels[i] = shades[data[i]!]!
  context.putImageData(image, 0, 0)
}

/** A small picture for the work list. */
export async function thumbnail(picture: Picture): Promise<Blob> {
  const full = new OffscreenCanvas(1, 1)
  drawGrey(full, picture, picture.window)
  const side = 96
  const scale = side / Math.max(full.width, full.height)
  const small = new OffscreenCanvas(Math.ceil(full.width * scale), Math.ceil(full.height * scale))
  const context = small.getContext('2d')!
  context.imageSmoothingQuality = 'high'
  context.drawImage(full, 0, 0, small.width, small.height)
  return small.convertToBlob({ type: 'image/png' })
}

/** Level 0 … 65535 → RGBA as a little-endian word. */
function shadeTable({ low, high }: Window): Uint32Array {
  const table = new Uint32Array(65536)
  const range = Math.max(1, high - low)
  for (let level = 0; level < table.length; level++) {
    const shade = Math.max(0, Math.min(255, Math.round(((level - low) / range) * 255)))
    table[level] = (0xff000000 | (shade << 16) | (shade << 8) | shade) >>> 0
  }
  return table
}
