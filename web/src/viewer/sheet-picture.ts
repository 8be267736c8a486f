import type { Picture, Result } from '../engine/types.ts'
import { drawGrey } from './grey.ts'
import { drawHeat } from './heat.ts'

/** Enough for the height that a page has for it, at 300 dots an inch. */
const SIDE = 1024
const OPACITY = 0.6

/** An X-ray as the model saw it with a class's heat map, small enough that hundreds fit into memory: JPEG. */
export async function sheetPicture(picture: Picture, result: Result, label: string): Promise<Blob> {
  const grey = new OffscreenCanvas(1, 1)
  drawGrey(grey, picture, picture.window)
  const heat = new OffscreenCanvas(1, 1)
  drawHeat(heat, result, label)
  const scale = Math.min(1, SIDE / Math.max(grey.width, grey.height))
  const sheet = new OffscreenCanvas(Math.ceil(grey.width * scale), Math.ceil(grey.height * scale))
  const context = sheet.getContext('2d')!
  context.imageSmoothingQuality = 'high'
  context.drawImage(grey, 0, 0, sheet.width, sheet.height)
  context.globalAlpha = OPACITY
  context.drawImage(heat, 0, 0, sheet.width, sheet.height)
  return sheet.convertToBlob({ type: 'image/jpeg', quality: 0.9 })
}
