import type { Picture, Result } from '../engine/types.ts'
import { drawGrey, type Window } from './grey.ts'
import { drawHeat } from './heat.ts'

const MARGIN = 16
const LINE = 26

export type Sheet = {
  readonly picture: Picture
  readonly window: Window
  readonly result: Result
  readonly label: string
  /** 0 leaves the heat map out. */
  readonly opacity: number
  /** Written below the image; what is too long is broken into lines. */
  readonly captions: readonly string[]
}

/** The X-ray as it is shown, with the heat map and a caption that says what it is and what it is not. */
export async function savePng({ picture, window, result, label, opacity, captions }: Sheet): Promise<Blob> {
  const grey = new OffscreenCanvas(1, 1)
  drawGrey(grey, picture, window)
  const heat = new OffscreenCanvas(1, 1)
  drawHeat(heat, result, label)
  const width = Math.max(640, grey.width)
  const height = Math.round((grey.height * width) / grey.width)
  const lines = breakLines(captions, width - 2 * MARGIN)
  const sheet = new OffscreenCanvas(width, height + 2 * MARGIN + lines.length * LINE)
  const context = sheet.getContext('2d')!
  context.fillStyle = '#000'
  context.fillRect(0, 0, sheet.width, sheet.height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(grey, 0, 0, width, height)
  context.globalAlpha = opacity
  context.drawImage(heat, 0, 0, width, height)
  context.globalAlpha = 1
  context.fillStyle = '#fff'
  context.font = FONT
  context.textBaseline = 'top'
  for (const [i, line] of lines.entries()) context.fillText(line, MARGIN, height + MARGIN + i * LINE)
  return sheet.convertToBlob({ type: 'image/png' })
}

const FONT = '18px system-ui, sans-serif'

function breakLines(captions: readonly string[], width: number): string[] {
  const context = new OffscreenCanvas(1, 1).getContext('2d')!
  context.font = FONT
  return captions.flatMap((caption) => {
    const lines: string[] = []
    for (const word of caption.split(' ')) {
      const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word
      if (lines.length > 0 && context.measureText(longer).width <= width) lines[lines.length - 1] = longer
      else lines.push(word)
    }
    return lines
  })
}
